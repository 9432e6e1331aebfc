import { closedDates } from "../batch/record";
import { pinClose } from "../indexes/settlement/queries-closes";
import { SETTLEMENT } from "../indexes/settlement/tables";
import type { LakeView } from "../query/reader";
import { text, whole } from "../query/values";
import type { OverviewRow } from "./contract";
import type { Services } from "./services";

const CLOSES_SHOWN = 14;

/** The newest close: does every payout add up, what is held or late, and how many payouts each close had open. */
export async function settlementPart(
  services: Services,
  view: LakeView,
): Promise<Pick<OverviewRow, "controls" | "wants" | "trend">> {
  const label = "open payouts per close";
  const dates = closedDates(view.snapshot(SETTLEMENT.name), SETTLEMENT.name).slice(-CLOSES_SHOWN);
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return { controls: [], wants: [], trend: { label, points: [] } };
  const { payouts } = await pinClose(services.reader, view, null, null);
  const [sums] = await view.rows(`
    SELECT count(*) AS payouts,
           count(*) FILTER (gross_minor - refunds_minor - chargebacks_minor - fees_minor - reserve_held_minor + reserve_released_minor
             + brought_forward_minor = net_minor + carried_forward_minor) AS explained,
           count(*) FILTER (status = 'held') AS held, count(*) FILTER (status = 'late') AS late
      FROM ${payouts}`);
  const closes = await view.rows(`
    SELECT business_date, count(*) AS payouts
      FROM ${await view.scan(SETTLEMENT.name, { column: "business_date", min: first, max: last })}
     WHERE row_kind = 'payout' AND status <> 'paid' AND business_date >= DATE '${first}' GROUP BY business_date`);
  const found = new Map(closes.map((row) => [text(row, "business_date"), whole(row, "payouts")]));
  const count = (name: string) => (sums === undefined ? 0 : whole(sums, name));
  return {
    controls: [
      {
        name: `${last}: payouts explained to zero`,
        href: "/settlement/payouts",
        left: count("payouts"),
        right: count("explained"),
        equal: count("payouts") === count("explained"),
      },
    ],
    wants: [
      { label: "payouts are held", count: count("held"), href: "/settlement/payouts?status=held", urgent: false },
      {
        label: "payouts are late at the bank",
        count: count("late"),
        href: "/settlement/payouts?status=late",
        urgent: count("late") > 0,
      },
    ],
    trend: { label, points: dates.map((date) => ({ at: `${date}T00:00:00Z`, value: found.get(date) ?? 0 })) },
  };
}

import { closedDates } from "../batch/record";
import { countPending } from "../db/reconciliation";
import { RECONCILIATION_FINAL } from "../indexes/reconciliation/final";
import { pinClose } from "../indexes/reconciliation/queries-closes";
import { RECONCILIATION } from "../indexes/reconciliation/tables";
import type { LakeView } from "../query/reader";
import { text, whole } from "../query/values";
import type { OverviewRow } from "./contract";
import type { Services } from "./services";

const CLOSES_SHOWN = 14;

/** The newest close: did everything that went in come out, what is broken, and what waits for a second person. */
export async function reconciliationPart(
  services: Services,
  view: LakeView,
): Promise<Pick<OverviewRow, "controls" | "wants" | "trend">> {
  const label = "breaks per close";
  const dates = closedDates(view.snapshot(RECONCILIATION.name), RECONCILIATION_FINAL.index).slice(-CLOSES_SHOWN);
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return { controls: [], wants: [], trend: { label, points: [] } };
  const { rows } = await pinClose(services.reader, view, { date: null, version: null });
  const [states] = await view.rows(`
    SELECT count(*) FILTER (row_kind = 'item') AS items,
           count(*) FILTER (row_kind = 'item' AND state IN ('matched', 'break', 'in_flight')) AS told,
           count(DISTINCT break_id) FILTER (state = 'break') AS breaks
      FROM ${rows}`);
  const closes = await view.rows(`
    SELECT business_date, count(DISTINCT break_id) AS breaks
      FROM ${await view.scan(RECONCILIATION.name, { column: "business_date", min: first, max: last })}
     WHERE state = 'break' AND business_date >= DATE '${first}' GROUP BY business_date ORDER BY business_date`);
  const found = new Map(closes.map((row) => [text(row, "business_date"), whole(row, "breaks")]));
  const pending = await countPending(services.database.db);
  const [items, told, breaks] =
    states === undefined ? [0, 0, 0] : [states.items, states.told, states.breaks].map(Number);
  return {
    controls: [
      {
        name: `${last}: items = matched + broken + in flight`,
        href: "/reconciliation/day",
        left: items ?? 0,
        right: told ?? 0,
        equal: items === told,
      },
    ],
    wants: [
      {
        label: "decisions wait for a second person",
        count: pending,
        href: "/reconciliation/breaks?inbox=pending",
        urgent: pending > 0,
      },
      { label: `breaks at the close of ${last}`, count: breaks ?? 0, href: "/reconciliation/breaks", urgent: false },
    ],
    trend: { label, points: dates.map((date) => ({ at: `${date}T00:00:00Z`, value: found.get(date) ?? 0 })) },
  };
}

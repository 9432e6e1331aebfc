import { closedDates, readRecord } from "../../batch/record";
import { ConcordanceError } from "../../domain/errors";
import { type BusinessDate, formatInstant } from "../../domain/time";
import { asOfOf, type LakeReader, type LakeView } from "../../query/reader";
import { text, whole } from "../../query/values";
import type { Close } from "./contract";
import { SETTLEMENT, SETTLEMENT_HOLDS } from "./tables";

const INDEX = SETTLEMENT.name;
const DIM_MERCHANTS = "dim_merchants";

/** One close, pinned: everything an answer says is read from it. */
export interface PinnedClose {
  readonly close: Close;
  readonly date: BusinessDate;
  /** SQL relation over payouts as the close knows them: those open at it, and those paid by then. */
  readonly payouts: string;
  /** Acts of people on holds that the close does not know yet, as an SQL relation. */
  readonly pendingActs: string;
}

/**
 * The close of a date, else the newest; `from` leaves out payouts paid on earlier dates. Throws `no_such_close` where the
 * date was not closed.
 */
export async function pinClose(
  reader: LakeReader,
  view: LakeView,
  wanted: string | null,
  from: string | null,
): Promise<PinnedClose> {
  const snapshot = view.snapshot(SETTLEMENT.name);
  const dates = closedDates(snapshot, INDEX);
  const date = (wanted as BusinessDate | null) ?? dates.at(-1) ?? null;
  const record = date === null ? null : await readRecord(reader.lake, snapshot, INDEX, date);
  if (date === null || record === null) throw notClosed(wanted);
  const before = dates[dates.indexOf(date) - 1];
  const beforeRecord = before === undefined ? null : await readRecord(reader.lake, snapshot, INDEX, before);
  const known = new Set(record.spec.inputs.find(({ table }) => table === SETTLEMENT_HOLDS.name)?.files ?? []);
  const isNewest = date === dates.at(-1);
  const newFiles = isNewest ? view.snapshot(SETTLEMENT_HOLDS.name).files.filter(({ path }) => !known.has(path)) : [];
  const pendingActs = await view.scanFiles(SETTLEMENT_HOLDS.name, newFiles);
  const [pending] = await view.rows(`SELECT count(*) AS n FROM ${pendingActs}`);
  const min = from === null || from > date ? date : from;
  const bounds = { column: "business_date", max: date, ...(from === null ? {} : { min }) };
  const payouts = `(
    SELECT s.*, d.name AS merchant_name, coalesce(s.pay_on, s.scheduled_on) AS shown_on,
           s.moved_by || ${MONEY_MOVES} AS all_moved_by
      FROM ${await view.scan(SETTLEMENT.name, bounds)} s
      LEFT JOIN ${await view.scan(DIM_MERCHANTS)} d ON d.merchant_id = s.merchant_id
     WHERE s.row_kind = 'payout' AND s.business_date <= DATE '${date}' AND (s.business_date = DATE '${date}' OR s.status = 'paid'))`;
  const blocked = await view.rows(
    `SELECT reason, count(*) AS payouts FROM ${payouts} WHERE status = 'held' AND pay_on IS NOT NULL AND business_date = DATE '${date}' GROUP BY reason ORDER BY payouts DESC LIMIT 5`,
  );
  return {
    date,
    payouts,
    pendingActs,
    close: {
      businessDate: date,
      run: record.run,
      startedAt: formatInstant(BigInt(record.startedAtMs) * 1000n),
      ruleVersion: record.spec.ruleVersion,
      isNewest,
      blocked: blocked.map((row) => ({ reason: text(row, "reason"), payouts: whole(row, "payouts") })),
      builtOnEarlierRun: beforeRecord !== null && beforeRecord.startedAtMs > record.startedAtMs,
      pendingHolds: pending === undefined ? 0 : whole(pending, "n"),
      controls: record.controls.map(({ control, currency, minor }) => ({ control, currency, minor })),
    },
  };
}

/** Money that is not of this payout's own sales, or of them and not in it. */
const MONEY_MOVES = [
  ["s.reserve_held_minor <> 0 OR s.reserve_released_minor <> 0", "reserve"],
  ["s.carried_forward_minor > 0 OR s.brought_forward_minor > 0", "minimum"],
  ["s.carried_forward_minor < 0 OR s.brought_forward_minor < 0", "debt"],
]
  .map(([when, name]) => `CASE WHEN ${when} THEN '|${name}' ELSE '' END`)
  .join(" || ");

const notClosed = (date: string | null) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_close",
    message: date === null ? "No business date has been settled yet." : `${date} has no close of the settlement.`,
    remedy: "The nightly run closes each date after its reconciliation; Operations, Jobs runs one at once.",
  });

export const asOfClose = (view: LakeView, { close }: PinnedClose) => ({
  ...asOfOf(view, [SETTLEMENT.name, SETTLEMENT_HOLDS.name], SETTLEMENT.name, "business_date"),
  watermark: `${close.businessDate}T00:00:00Z`,
});

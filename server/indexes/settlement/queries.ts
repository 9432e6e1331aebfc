import type { DuckDBValue } from "@duckdb/node-api";
import { calendarRows } from "../../domain/calendar/business-days";
import { CALENDARS } from "../../domain/calendar/calendars";
import type { BusinessDate } from "../../domain/time";
import { decodeCursor, encodeCursor } from "../../query/cursor";
import type { LakeReader, LakeView } from "../../query/reader";
import { big, bigOrNull, type Row, text, textOrNull, whole } from "../../query/values";
import {
  type CalendarDay,
  type CalendarMonth,
  type CalendarQuery,
  PAYOUT_STATUSES,
  type PayoutRow,
  type PayoutStatus,
  type PayoutsPage,
  type PayoutsQuery,
  SHIFT_KINDS,
} from "./contract";
import { asOfClose, type PinnedClose, pinClose } from "./queries-closes";

/** Payouts under a filter, by date or by amount, a page at a time. */
export async function readPayoutRows(
  reader: LakeReader,
  query: PayoutsQuery,
  signal?: AbortSignal,
): Promise<PayoutsPage> {
  return reader.read({ name: "settlement.payouts", signal }, async (view) => {
    const pinned = await pinClose(reader, view, query.close.date, query.from);
    const { where, parameters } = filterOf(query);
    const rows = `(SELECT * FROM ${pinned.payouts} WHERE ${where})`;
    const status =
      query.status.length === 0 ? "true" : `status IN (${query.status.map((one) => `'${one}'`).join(", ")})`;
    const counts = await view.rows(`SELECT status, count(*) AS n FROM ${rows} GROUP BY status`, parameters);
    const totals = await view.rows(
      `SELECT currency, max(exponent) AS exponent, sum(net_minor)::BIGINT AS net_minor, sum(expected_minor)::BIGINT AS expected_minor, count(*) AS payouts
         FROM ${rows} WHERE ${status} GROUP BY currency ORDER BY payouts DESC, currency`,
      parameters,
    );
    const { after, order, cursorOf, cursor } = keysetOf(query);
    const page = await view.rows(
      `SELECT p.*, ${PENDING} AS pending FROM (SELECT * FROM ${rows} WHERE ${status} AND ${after} ORDER BY ${order} LIMIT ${query.limit + 1}) p
        ${pendingJoin(pinned)} ORDER BY ${order}`,
      { ...parameters, ...cursor },
    );
    const shown = page.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      close: pinned.close,
      rows: shown.map(payoutOf),
      nextCursor: page.length > query.limit && last !== undefined ? encodeCursor(cursorOf(last)) : null,
      total: totals.reduce((sum, row) => sum + whole(row, "payouts"), 0),
      totals: totals.map(sumOf),
      byStatus: byStatus((one) => {
        const row = counts.find((count) => count.status === one);
        return row === undefined ? 0 : whole(row, "n");
      }),
      asOf: asOfClose(view, pinned),
    };
  });
}

const byStatus = <T>(of: (status: PayoutStatus) => T): Record<PayoutStatus, T> =>
  Object.fromEntries(PAYOUT_STATUSES.map((status) => [status, of(status)])) as Record<PayoutStatus, T>;

function filterOf(query: PayoutsQuery): { where: string; parameters: Record<string, DuckDBValue> } {
  const parts = ["true"];
  const parameters: Record<string, DuckDBValue> = {};
  const add = (sql: string, name: string, value: string | null) => {
    if (value === null || value === "") return;
    parts.push(sql);
    parameters[name] = value;
  };
  add("shown_on >= $from::DATE", "from", query.from);
  add("shown_on <= $to::DATE", "to", query.to);
  add("currency = $currency", "currency", query.currency);
  add("merchant_id = $merchant", "merchant", query.merchantId);
  add("contains(all_moved_by, $moved)", "moved", query.movedBy === null ? null : `|${query.movedBy}`);
  add(
    "contains(lower(payout_id || ' ' || merchant_id || ' ' || coalesce(merchant_name, '')), $text)",
    "text",
    query.text?.toLowerCase() ?? null,
  );
  return { where: parts.join(" AND "), parameters };
}

function keysetOf({ sort, cursor }: PayoutsQuery) {
  const parts = cursor === null ? null : decodeCursor(cursor, 2);
  const [at = "", key = ""] = parts ?? [];
  const byNet = sort === "net";
  const [column, compare, type] = byNet ? ["net_minor", "<", "BIGINT"] : ["shown_on", ">", "DATE"];
  return {
    order: byNet ? "net_minor DESC, payout_id" : "shown_on, payout_id",
    after:
      parts === null
        ? "true"
        : `(${column} ${compare} $at::${type} OR (${column} = $at::${type} AND payout_id > $key))`,
    cursor: parts === null ? {} : { at, key },
    cursorOf: (row: Row) => [byNet ? big(row, "net_minor") : text(row, "shown_on"), text(row, "payout_id")],
  };
}

const PENDING =
  "CASE WHEN p.status = 'paid' THEN NULL WHEN r.hold_id IS NOT NULL THEN 'released' WHEN h.merchant_id IS NOT NULL THEN 'placed' END";

/** What people decided since the close about a payout's hold, or about its merchant. */
const pendingJoin = ({ pendingActs }: PinnedClose) => `
  LEFT JOIN (SELECT DISTINCT hold_id FROM ${pendingActs} WHERE act = 'release') r ON r.hold_id = p.hold_id
  LEFT JOIN (SELECT merchant_id, currency, min(effective_on) AS held_from FROM ${pendingActs} a WHERE act = 'place'
      AND NOT EXISTS (SELECT 1 FROM ${pendingActs} e WHERE e.act = 'release' AND e.hold_id = a.hold_id) GROUP BY ALL) h
    ON h.merchant_id = p.merchant_id AND (h.currency IS NULL OR h.currency = p.currency) AND h.held_from <= p.shown_on`;

/** One payout as the close, and people since, have it; null where there is none of that id. */
export async function readPayoutOf(view: LakeView, pinned: PinnedClose, payoutId: string): Promise<Row | null> {
  const [row] = await view.rows(
    `SELECT p.*, ${PENDING} AS pending FROM (SELECT * FROM ${pinned.payouts} WHERE payout_id = $id ORDER BY business_date DESC LIMIT 1) p ${pendingJoin(pinned)} LIMIT 1`,
    { id: payoutId },
  );
  return row ?? null;
}

export function payoutOf(row: Row): PayoutRow {
  const moved = text(row, "all_moved_by").split("|");
  const pending = textOrNull(row, "pending");
  const status = text(row, "status");
  return {
    payoutId: text(row, "payout_id"),
    merchantId: text(row, "merchant_id"),
    merchantName: textOrNull(row, "merchant_name"),
    currency: text(row, "currency"),
    exponent: whole(row, "exponent"),
    scheduledOn: text(row, "scheduled_on"),
    payOn: textOrNull(row, "pay_on"),
    status: PAYOUT_STATUSES.find((known) => known === status) ?? "projected",
    reason: textOrNull(row, "reason"),
    movedBy: SHIFT_KINDS.filter((kind) => moved.includes(kind)),
    grossMinor: big(row, "gross_minor"),
    refundsMinor: big(row, "refunds_minor"),
    chargebacksMinor: big(row, "chargebacks_minor"),
    feesMinor: big(row, "fees_minor"),
    reserveHeldMinor: big(row, "reserve_held_minor"),
    reserveReleasedMinor: big(row, "reserve_released_minor"),
    broughtForwardMinor: big(row, "brought_forward_minor"),
    netMinor: big(row, "net_minor"),
    carriedForwardMinor: big(row, "carried_forward_minor"),
    expectedMinor: big(row, "expected_minor"),
    payments: whole(row, "payments"),
    expectedPayments: whole(row, "expected_payments"),
    dueOn: textOrNull(row, "due_on"),
    holdId: textOrNull(row, "hold_id"),
    bankMinor: bigOrNull(row, "bank_minor"),
    bankLineKey: textOrNull(row, "bank_line_key"),
    toldOn: text(row, "business_date"),
    pending: pending === "released" || pending === "placed" ? pending : null,
  };
}

const sumOf = (row: Row) => ({
  currency: text(row, "currency"),
  exponent: whole(row, "exponent"),
  netMinor: big(row, "net_minor"),
  expectedMinor: big(row, "expected_minor"),
  payouts: whole(row, "payouts"),
});

/** A month of payouts, a row per day and currency. */
export async function readCalendar(
  reader: LakeReader,
  query: CalendarQuery,
  signal?: AbortSignal,
): Promise<CalendarMonth> {
  return reader.read({ name: "settlement.calendar", signal }, async (view) => {
    const first = `${query.month}-01`;
    const [year = 0, month = 0] = query.month.split("-").map(Number);
    const last = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    const pinned = await pinClose(reader, view, query.close.date, first);
    const parameters: Record<string, DuckDBValue> = query.currency === null ? {} : { currency: query.currency };
    const rows = `(SELECT * FROM ${pinned.payouts} WHERE ${query.currency === null ? "true" : "currency = $currency"})`;
    const days = await view.rows(
      `SELECT pay_on, currency, max(exponent) AS exponent, sum(expected_minor)::BIGINT AS expected_minor,
              count(*) FILTER (moved_by <> '') AS moved,
              ${PAYOUT_STATUSES.map((name) => `count(*) FILTER (status = '${name}') AS n_${name}, coalesce(sum(net_minor) FILTER (status = '${name}'), 0)::BIGINT AS net_${name}`).join(", ")}
         FROM ${rows} WHERE pay_on BETWEEN DATE '${first}' AND DATE '${last}' GROUP BY pay_on, currency ORDER BY pay_on, currency`,
      parameters,
    );
    const undated = await view.rows(
      `SELECT currency, max(exponent) AS exponent, sum(net_minor)::BIGINT AS net_minor, sum(expected_minor)::BIGINT AS expected_minor, count(*) AS payouts
         FROM ${rows} WHERE pay_on IS NULL GROUP BY currency ORDER BY currency`,
      parameters,
    );
    const [range] = await view.rows(`SELECT min(shown_on) AS low, max(shown_on) AS high FROM ${pinned.payouts}`);
    const [low, high] = range === undefined ? [null, null] : [textOrNull(range, "low"), textOrNull(range, "high")];
    return {
      close: pinned.close,
      days: days.map(dayOf),
      undated: undated.map(sumOf),
      closed: closedDays(first as BusinessDate, last as BusinessDate),
      available: low === null || high === null ? null : { from: low, to: high },
      asOf: asOfClose(view, pinned),
    };
  });
}

function dayOf(row: Row): CalendarDay {
  const netMinor = byStatus((status) => big(row, `net_${status}`));
  return {
    date: text(row, "pay_on"),
    currency: text(row, "currency"),
    exponent: whole(row, "exponent"),
    netMinor,
    payouts: byStatus((status) => whole(row, `n_${status}`)),
    neededMinor: netMinor.scheduled + netMinor.projected + netMinor.late,
    expectedMinor: big(row, "expected_minor"),
    moved: whole(row, "moved"),
  };
}

/** Bank holidays only: weekends everybody sees. */
function closedDays(first: BusinessDate, last: BusinessDate): CalendarMonth["closed"] {
  return [CALENDARS.fed, CALENDARS.target, CALENDARS.uk].flatMap((calendar) =>
    calendarRows(calendar, first, last).flatMap(({ date, closure }) =>
      closure?.kind === "holiday" ? [{ date, calendar: calendar.name, name: closure.name }] : [],
    ),
  );
}

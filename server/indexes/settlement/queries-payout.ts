import { CALENDAR_IDS, CALENDARS } from "../../domain/calendar/calendars";
import { rollWithReasons, type Shift } from "../../domain/calendar/shift";
import { ConcordanceError } from "../../domain/errors";
import { type PayoutTerms, payoutDateOf } from "../../domain/terms/payout-date";
import { nextPayoutDate, type PayoutSchedule } from "../../domain/terms/schedule";
import type { BusinessDate } from "../../domain/time";
import type { LakeReader, LakeView } from "../../query/reader";
import {
  big,
  bigOrNull,
  coordinatesOf,
  type Row,
  realOrNull,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from "../../query/values";
import { PAYOUT_STATUSES, type PayoutDetail, type PayoutQuery, type PayoutRow } from "./contract";
import { payoutOf, readPayoutOf } from "./queries";
import { asOfClose, pinClose } from "./queries-closes";
import { readHoldsOf } from "./queries-holds";
import { SETTLEMENT } from "./tables";

const ITEMS_SHOWN = 200;
const STATEMENT_LINES = "statement_lines";

/** One payout, explained to zero, with all that made and moved it. Throws `no_such_payout`. */
export async function readPayoutDetail(
  reader: LakeReader,
  query: PayoutQuery,
  signal?: AbortSignal,
): Promise<PayoutDetail> {
  return reader.read({ name: "settlement.payout", signal }, async (view) => {
    // A payout may have been paid at any earlier close: its id ends with its date.
    const scheduledOn = /(\d{4})(\d{2})(\d{2})$/.exec(query.payoutId);
    if (scheduledOn === null) throw noSuchPayout(query.payoutId);
    const pinned = await pinClose(reader, view, query.close.date, "2000-01-01");
    const row = await readPayoutOf(view, pinned, query.payoutId);
    if (row === null) throw noSuchPayout(query.payoutId);
    const payout = payoutOf(row);
    const terms = termsOf(row);
    const told = `(SELECT * FROM ${await view.scan(SETTLEMENT.name, { column: "business_date", max: pinned.date })} WHERE business_date <= DATE '${pinned.date}')`;
    return {
      close: pinned.close,
      payout,
      terms,
      components: componentsOf(payout),
      sales: await readSales(view, told, payout, terms),
      shifts: laterShifts(payout, terms),
      released: await readReleased(view, told, payout),
      items: await readItems(view, told, payout),
      bankLines: await readBankLines(view, payout),
      history: await readHistory(view, told, payout),
      holds: await readHoldsOf(view, pinned, payout.merchantId, payout.currency),
      asOf: asOfClose(view, pinned),
    };
  });
}

const noSuchPayout = (payoutId: string) =>
  new ConcordanceError({
    kind: "not_found",
    code: "no_such_payout",
    message: `There is no payout ${payoutId} at this close.`,
    remedy: "Look it up in the list of payouts, or at another close.",
  });

/** What came in, less what is taken, kept, carried and paid: zero. */
function componentsOf(payout: PayoutRow): PayoutDetail["components"] {
  const parts: readonly (readonly [string, bigint])[] = [
    ["gross", payout.grossMinor],
    ["refunds", -payout.refundsMinor],
    ["chargebacks", -payout.chargebacksMinor],
    ["fees", -payout.feesMinor],
    ["reserve_held", -payout.reserveHeldMinor],
    ["reserve_released", payout.reserveReleasedMinor],
    ["brought_forward", payout.broughtForwardMinor],
    ["carried_forward", -payout.carriedForwardMinor],
    ["net", -payout.netMinor],
  ];
  return parts.map(([name, amountMinor]) => ({ name, amountMinor }));
}

const termsOf = (row: Row): PayoutDetail["terms"] => ({
  delayDays: whole(row, "delay_days"),
  cutoff: text(row, "cutoff"),
  zone: text(row, "zone"),
  calendar: text(row, "calendar"),
  schedule: text(row, "schedule"),
  scheduleDays: textOrNull(row, "schedule_days"),
  feePlan: textOrNull(row, "fee_plan"),
  reservePercent: realOrNull(row, "reserve_percent"),
  reserveDays: wholeOrNull(row, "reserve_days"),
  minimumMinor: big(row, "minimum_minor"),
});

/** The same rules that made the dates say why, step by step (docs/calendars.md). */
function domainTerms(terms: PayoutDetail["terms"]): PayoutTerms {
  const id = CALENDAR_IDS.find((known) => known === terms.calendar) ?? "weekends";
  const days = (terms.scheduleDays ?? "").split(" ").map(Number);
  const schedule: PayoutSchedule =
    terms.schedule === "week"
      ? { every: "week", weekdays: days, convention: "following" }
      : terms.schedule === "month"
        ? { every: "month", days, convention: "following" }
        : { every: "business_day" };
  return {
    cutOff: { time: terms.cutoff, zone: terms.zone },
    delayBusinessDays: terms.delayDays,
    schedule,
    calendar: CALENDARS[id],
    reserve: null,
  };
}

const shiftOf = ({ kind, from, to, reason, closed }: Shift) => ({
  kind,
  from,
  to,
  reason: closed.length === 0 || kind !== "lag" ? reason : `${reason}, over ${closedText(closed)}`,
});

const closedText = (closed: Shift["closed"]): string => {
  const holidays = closed.filter(({ kind }) => kind === "holiday").map(({ name }) => name);
  const weekend = closed.some(({ kind }) => kind === "weekend") ? ["the weekend"] : [];
  return [...weekend, ...new Set(holidays)].join(", ");
};

async function readSales(view: LakeView, told: string, payout: PayoutRow, terms: PayoutDetail["terms"]) {
  const rows = await view.rows(
    `SELECT sale_date, count(*) AS payments, sum(amount_minor)::BIGINT AS amount_minor, coalesce(sum(fee_minor), 0)::BIGINT AS fees_minor,
            count(*) FILTER (moved_by LIKE '%|cut_off%') AS after_cut_off, count(*) FILTER (moved_by LIKE '%|late%') AS late
       FROM ${told} WHERE row_kind = 'item' AND payout_id = $id GROUP BY sale_date ORDER BY sale_date`,
    { id: payout.payoutId },
  );
  const rules = domainTerms(terms);
  return rows.map((row) => {
    const saleDate = text(row, "sale_date") as BusinessDate;
    const shifts = payoutDateOf(rules, saleDate).shifts.map(shiftOf);
    const cut = whole(row, "after_cut_off");
    const cutOff = {
      kind: "cut_off",
      from: saleDate,
      to: saleDate,
      reason: `${cut} made after the cut-off at ${terms.cutoff} ${terms.zone} of the day before`,
    };
    const reached = shifts.at(-1)?.to ?? saleDate;
    const late = {
      kind: "late",
      from: reached,
      to: payout.scheduledOn,
      reason: `${whole(row, "late")} came in after the payout of ${reached} was made`,
    };
    return {
      saleDate,
      payments: whole(row, "payments"),
      amountMinor: big(row, "amount_minor"),
      feesMinor: big(row, "fees_minor"),
      shifts: [...(cut > 0 ? [cutOff] : []), ...shifts, ...(whole(row, "late") > 0 ? [late] : [])],
    };
  });
}

/** From the scheduled date on: a hold or the gate, and the closed days after it. */
function laterShifts({ scheduledOn, payOn, movedBy, status, reason }: PayoutRow, terms: PayoutDetail["terms"]) {
  const kinds = movedBy.filter((kind) => kind === "hold" || kind === "gate");
  if (kinds.length === 0) return [];
  const words = status === "held" && reason !== null ? reason : "kept until it was released";
  const to = payOn ?? scheduledOn;
  const schedule = domainTerms(terms);
  const closed =
    payOn === null
      ? []
      : rollWithReasons(
          schedule.calendar,
          nextPayoutDate(schedule.schedule, schedule.calendar, payOn as BusinessDate).date,
        ).shifts;
  return [
    ...kinds.map((kind) => ({
      kind,
      from: scheduledOn,
      to,
      reason: kind === "hold" ? `held: ${words}` : `gate: ${words}`,
    })),
    ...closed.map(shiftOf),
  ];
}

/** Reserve of earlier payouts that goes out with this one. */
async function readReleased(view: LakeView, told: string, payout: PayoutRow) {
  const rows = await view.rows(
    `SELECT DISTINCT scheduled_on, amount_minor, release_from FROM ${told}
      WHERE row_kind = 'reserve' AND merchant_id = $merchant AND currency = $currency AND release_on = $on::DATE ORDER BY scheduled_on`,
    { merchant: payout.merchantId, currency: payout.currency, on: payout.scheduledOn },
  );
  return rows.map((row) => ({
    scheduledOn: text(row, "scheduled_on"),
    amountMinor: big(row, "amount_minor"),
    releaseFrom: text(row, "release_from"),
  }));
}

async function readItems(view: LakeView, told: string, payout: PayoutRow): Promise<PayoutDetail["items"]> {
  const rows = await view.rows(
    `SELECT transaction_id, status, payment_type, event_time, sale_date, amount_minor, fee_minor, source, source_partition, source_offset
       FROM ${told} WHERE row_kind = 'item' AND payout_id = $id ORDER BY event_time, row_key LIMIT ${ITEMS_SHOWN}`,
    { id: payout.payoutId },
  );
  return rows.flatMap((row) => {
    const coordinates = coordinatesOf(row);
    if (coordinates === null) return [];
    return [
      {
        transactionId: text(row, "transaction_id"),
        status: text(row, "status"),
        paymentType: text(row, "payment_type"),
        eventTime: text(row, "event_time"),
        saleDate: text(row, "sale_date"),
        amountMinor: big(row, "amount_minor"),
        feeMinor: bigOrNull(row, "fee_minor"),
        coordinates,
      },
    ];
  });
}

async function readBankLines(view: LakeView, payout: PayoutRow): Promise<PayoutDetail["bankLines"]> {
  if (payout.bankLineKey === null) return [];
  const named = [
    "end_to_end_id",
    "instruction_id",
    "transaction_id",
    "customer_reference",
    "psp_reference",
    "bank_reference",
    "creditor_reference",
  ]
    .map((column) => `${column} = $id`)
    .join(" OR ");
  const lines = await view.scan(STATEMENT_LINES, {
    column: "booking_date",
    min: payout.scheduledOn,
    max: "9999-12-31",
  });
  const rows = await view.rows(
    `SELECT line_key, account, booking_date, amount_minor FROM ${lines}
      WHERE status = 'booked' AND amount_minor IS NOT NULL AND (${named}) ORDER BY booking_date, line_key LIMIT 50`,
    { id: payout.payoutId },
  );
  return rows.map((row) => ({
    lineKey: text(row, "line_key"),
    account: text(row, "account"),
    bookingDate: text(row, "booking_date"),
    amountMinor: big(row, "amount_minor"),
  }));
}

async function readHistory(view: LakeView, told: string, payout: PayoutRow): Promise<PayoutDetail["history"]> {
  const rows = await view.rows(
    `SELECT business_date, status, pay_on, net_minor, reason FROM ${told}
      WHERE row_kind = 'payout' AND payout_id = $id ORDER BY business_date LIMIT 400`,
    { id: payout.payoutId },
  );
  return rows.map((row) => {
    const status = text(row, "status");
    return {
      businessDate: text(row, "business_date"),
      status: PAYOUT_STATUSES.find((known) => known === status) ?? "projected",
      payOn: textOrNull(row, "pay_on"),
      netMinor: big(row, "net_minor"),
      reason: textOrNull(row, "reason"),
    };
  });
}

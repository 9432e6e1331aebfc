import { formatMinor } from "../domain/money";
import { type CalendarDay, type HoldRow, PAYOUT_STATUSES, type PayoutRow } from "../indexes/settlement/contract";
import type { FileCell, FileColumn } from "../query/row-file";

type Column<Row> = FileColumn<Row>;

const column =
  (type: Column<unknown>["type"]) =>
  <Row>(name: string, of: (row: Row) => FileCell): Column<Row> => ({ name, type, of });
const text = column("VARCHAR");
const whole = column("BIGINT");
const instant = column("TIMESTAMPTZ");
const date = column("DATE");

/** An amount as an exact decimal for people, and as minor units for programs. */
const money = <Row extends { readonly exponent: number }>(
  name: string,
  of: (row: Row) => bigint | null,
): Column<Row>[] => [
  text(name, (row) => {
    const minor = of(row);
    return minor === null ? null : formatMinor(minor, row.exponent);
  }),
  whole(`${name}_minor`, of),
];

export const PAYOUT_FILE: readonly Column<PayoutRow>[] = [
  text("payout_id", (row) => row.payoutId),
  text("merchant_id", (row) => row.merchantId),
  text("merchant_name", (row) => row.merchantName),
  text("currency", (row) => row.currency),
  whole("exponent", (row) => row.exponent),
  date("scheduled_on", (row) => row.scheduledOn),
  date("pay_on", (row) => row.payOn),
  text("status", (row) => row.status),
  text("reason", (row) => row.reason),
  text("moved_by", (row) => row.movedBy.join(" ")),
  text("pending", (row) => row.pending),
  ...money<PayoutRow>("gross", (row) => row.grossMinor),
  ...money<PayoutRow>("refunds", (row) => row.refundsMinor),
  ...money<PayoutRow>("chargebacks", (row) => row.chargebacksMinor),
  ...money<PayoutRow>("fees", (row) => row.feesMinor),
  ...money<PayoutRow>("reserve_held", (row) => row.reserveHeldMinor),
  ...money<PayoutRow>("reserve_released", (row) => row.reserveReleasedMinor),
  ...money<PayoutRow>("brought_forward", (row) => row.broughtForwardMinor),
  ...money<PayoutRow>("net", (row) => row.netMinor),
  ...money<PayoutRow>("carried_forward", (row) => row.carriedForwardMinor),
  ...money<PayoutRow>("expected", (row) => row.expectedMinor),
  whole("payments", (row) => row.payments),
  whole("expected_payments", (row) => row.expectedPayments),
  date("due_on", (row) => row.dueOn),
  text("hold_id", (row) => row.holdId),
  ...money<PayoutRow>("bank", (row) => row.bankMinor),
  text("bank_line_key", (row) => row.bankLineKey),
  date("told_on", (row) => row.toldOn),
];

export const CASH_FILE: readonly Column<CalendarDay>[] = [
  date("date", (row) => row.date),
  text("currency", (row) => row.currency),
  whole("exponent", (row) => row.exponent),
  ...money<CalendarDay>("needed", (row) => row.neededMinor),
  ...money<CalendarDay>("expected", (row) => row.expectedMinor),
  ...PAYOUT_STATUSES.flatMap((status) => [
    whole<CalendarDay>(`${status}_payouts`, (row) => row.payouts[status]),
    ...money<CalendarDay>(status, (row) => row.netMinor[status]),
  ]),
  whole("moved_payouts", (row) => row.moved),
];

export const HOLD_FILE: readonly Column<HoldRow>[] = [
  text("hold_id", (row) => row.holdId),
  text("merchant_id", (row) => row.merchantId),
  text("merchant_name", (row) => row.merchantName),
  text("currency", (row) => row.currency),
  text("state", (row) => row.state),
  date("from", (row) => row.from),
  date("until", (row) => row.until),
  text("reason", (row) => row.reason),
  text("placed_by", (row) => row.placedBy),
  instant("placed_at", (row) => row.placedAt),
  text("released_by", (row) => row.releasedBy),
  instant("released_at", (row) => row.releasedAt),
  text("release_reason", (row) => row.releaseReason),
];

import type { DuckDBValue } from "@duckdb/node-api";
import { TRANSACTIONS } from "../pipeline/tables";
import { decodeCursor, encodeCursor } from "../query/cursor";
import { asOfOf, type LakeReader, type LakeView } from "../query/reader";
import { big, type Row, text, textOrNull, whole } from "../query/values";
import type { PaymentRow, PaymentsPage, PaymentsQuery } from "./payments-contract";

const FIELDS =
  "transaction_id, payment_type, status, user_id, merchant_id, counterparty_id, event_time, source, source_partition, source_offset";
const ORDER = "(epoch_us(event_time), source, source_partition, source_offset)";

/** The rows one amount of the overview is the sum of, by the overview's own definitions. */
async function flowSql(view: LakeView, { flow, businessDate }: PaymentsQuery): Promise<string> {
  const scan = await view.scan(TRANSACTIONS.name, { column: "business_date", min: businessDate, max: businessDate });
  const day = `SELECT * FROM ${scan} WHERE business_date = $day::DATE AND currency = $currency
    AND amount_minor IS NOT NULL AND exponent IS NOT NULL`;
  if (flow === "in") return `SELECT ${FIELDS}, exponent, amount_minor FROM (${day}) WHERE status = 'SETTLED'`;
  if (flow === "out") {
    return `SELECT ${FIELDS}, exponent, abs(amount_minor) AS amount_minor FROM (${day})
      WHERE status IN ('REFUNDED', 'RETURNED', 'CHARGEBACK')`;
  }
  // A payment in flight counts once, at its newest step of the day.
  return `SELECT ${FIELDS}, exponent, amount_minor FROM (
      SELECT unnest(arg_max(day, (day.event_time, day.source_offset))) FROM (${day}) day
       GROUP BY source, transaction_id, exponent)
    WHERE status IN ('RECEIVED', 'PENDING', 'APPROVED')`;
}

/** One page of the payments behind an amount of the overview, newest first, with the sum and count of all of them. */
export async function readPayments(
  reader: LakeReader,
  query: PaymentsQuery,
  signal?: AbortSignal,
): Promise<PaymentsPage> {
  const { after, parameters } = afterOf(query.cursor);
  return reader.read({ name: "overview.payments", signal }, async (view) => {
    const flow = await flowSql(view, query);
    const of = { day: query.businessDate, currency: query.currency };
    const sums = await view.rows(
      `SELECT exponent, count(*) AS payments, sum(amount_minor)::BIGINT AS total FROM (${flow}) GROUP BY exponent ORDER BY exponent`,
      of,
    );
    const rows = await view.rows(
      `SELECT *, epoch_us(event_time) AS event_us FROM (${flow}) WHERE ${after}
        ORDER BY event_time DESC, source DESC, source_partition DESC, source_offset DESC LIMIT ${query.limit + 1}`,
      { ...of, ...parameters },
    );
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      rows: shown.map((row) => paymentOf(row, query.currency)),
      nextCursor: rows.length > query.limit && last !== undefined ? cursorOf(last) : null,
      total: sums.reduce((sum, row) => sum + whole(row, "payments"), 0),
      sums: sums.map((row) => ({
        amountMinor: big(row, "total"),
        currency: query.currency,
        exponent: whole(row, "exponent"),
      })),
      asOf: asOfOf(view, [TRANSACTIONS.name], TRANSACTIONS.name),
    };
  });
}

const cursorOf = (row: Row): string =>
  encodeCursor([big(row, "event_us"), text(row, "source"), text(row, "source_partition"), big(row, "source_offset")]);

function afterOf(cursor: string | null): { after: string; parameters: Record<string, DuckDBValue> } {
  if (cursor === null) return { after: "true", parameters: {} };
  const [at = "", source = "", partition = "", offset = ""] = decodeCursor(cursor, 4);
  return {
    after: `${ORDER} < (TRY_CAST($at AS BIGINT), $source, $partition, TRY_CAST($offset AS BIGINT))`,
    parameters: { at, source, partition, offset },
  };
}

const paymentOf = (row: Row, currency: string): PaymentRow => ({
  transactionId: text(row, "transaction_id"),
  paymentType: text(row, "payment_type"),
  status: text(row, "status"),
  amount: { amountMinor: big(row, "amount_minor"), currency, exponent: whole(row, "exponent") },
  userId: text(row, "user_id"),
  merchantId: textOrNull(row, "merchant_id"),
  counterpartyId: textOrNull(row, "counterparty_id"),
  eventTime: text(row, "event_time"),
  coordinates: {
    source: text(row, "source"),
    partition: text(row, "source_partition"),
    offset: big(row, "source_offset"),
  },
});

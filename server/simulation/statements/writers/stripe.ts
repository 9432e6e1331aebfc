import { exponentOf, formatMinor } from "../../../domain/money";
import type { BusinessDate } from "../../../domain/time";
import type { PspLine } from "../lines";
import { csvRow } from "./csv";

const COLUMNS =
  "balance_transaction_id,source_id,payment_intent_id,charge_id,created,available_on,automatic_payout_effective_at,currency,gross,fee,net,reporting_category,payment_method_type,card_brand,card_country,card_funding,description,trace_id_status,automatic_payout_id,customer_facing_amount,customer_facing_currency,payment_metadata[order_id]";
const SOURCES = { charge: "ch", refund: "re", dispute: "dp" } as const;

/** A payout of one currency: its rows, the fee taken from it as a whole, what is left. */
export interface PspPayout {
  readonly id: string;
  readonly batch: number;
  readonly currency: string;
  readonly exponent: number;
  readonly date: BusinessDate;
  readonly feeMinor: bigint;
  readonly netMinor: bigint;
  readonly rows: AsyncIterable<PspLine>;
}

/** Stripe's itemised payout reconciliation report: the payouts of a day, each with its own row after its lines. */
export async function* writeStripe(payouts: readonly PspPayout[], faultMinor: bigint): AsyncGenerator<string> {
  yield `${COLUMNS}\n`;
  for (const payout of payouts) {
    for await (const line of payout.rows) yield lineRow(payout, line);
    yield ownRow(payout, "fee", `fee_${payout.id}`, -payout.feeMinor);
    yield ownRow(payout, "payout", payout.id, -(payout.netMinor + faultMinor));
  }
}

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

function lineRow({ id, currency, exponent, date }: PspPayout, line: PspLine): string {
  const money = (minor: bigint) => formatMinor(minor, exponent);
  const facing = formatMinor(line.facingMinor, exponentOf(line.facingCurrency) ?? exponent);
  const isCharge = line.category === "charge";
  return csvRow([
    `txn_${line.row}`,
    isCharge ? line.pspReference : `${SOURCES[line.category]}_${line.row}`,
    `pi_${line.order}`,
    line.pspReference,
    timeText(line.createdMs),
    date,
    `${date} 00:00:00`,
    currency.toLowerCase(),
    money(line.grossMinor),
    money(line.feeMinor),
    money(line.grossMinor - line.feeMinor),
    line.category,
    "card",
    "visa",
    line.country,
    "credit",
    `Order ${line.order}, card payment`,
    "",
    id,
    facing,
    line.facingCurrency.toLowerCase(),
    line.order,
  ]);
}

function ownRow({ id, currency, exponent, date }: PspPayout, category: string, source: string, minor: bigint): string {
  const money = formatMinor(minor, exponent);
  const text = category === "payout" ? ["STRIPE PAYOUT", "supported"] : ["Payout fee", ""];
  const times = [`${date} 00:00:00`, date, `${date} 00:00:00`];
  const amounts = [currency.toLowerCase(), money, formatMinor(0n, exponent), money, category];
  return csvRow([`txn_${source}`, source, "", "", ...times, ...amounts, "", "", "", "", ...text, id, "", "", ""]);
}

import { exponentOf, formatMinor } from "../../../domain/money";
import { magnitude, type PspLine } from "../lines";
import { csvRow } from "./csv";
import type { PspPayout } from "./stripe";

const COLUMNS = [
  ..."Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type".split(
    ",",
  ),
  ..."Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency".split(","),
  ..."Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC)".split(","),
  ..."Payment Method Variant,Modification Merchant Reference,Batch Number".split(","),
  ..."Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10".split(","),
];
const TYPES = { charge: "Settled", refund: "Refunded", dispute: "Chargeback" } as const;

export const merchantAccountOf = (currency: string): string => `Simulated_${currency}`;

/** Adyen's settlement details report: the batches of a day, each with its fee and its payout after its lines. */
export async function* writeAdyen(payouts: readonly PspPayout[], faultMinor: bigint): AsyncGenerator<string> {
  yield csvRow(COLUMNS);
  for (const payout of payouts) {
    for await (const line of payout.rows) yield row(payout, lineCells(payout, line));
    yield row(payout, ownCells(payout, "Fee", "Payout fee", -payout.feeMinor));
    yield row(payout, ownCells(payout, "MerchantPayout", payout.id, -(payout.netMinor + faultMinor)));
  }
}

function row({ currency, batch }: PspPayout, cells: Readonly<Record<string, string>>): string {
  const all: Readonly<Record<string, string>> = {
    "Company Account": "Simulated",
    "Merchant Account": merchantAccountOf(currency),
    TimeZone: "UTC",
    "Net Currency": currency,
    "Batch Number": String(batch),
    ...cells,
  };
  return csvRow(COLUMNS.map((name) => all[name] ?? ""));
}

/** Debit and credit stand in columns of their own, without a sign. */
function pair(kind: "Gross" | "Net", minor: bigint, exponent: number): Record<string, string> {
  const mark = kind === "Gross" ? "GC" : "NC";
  return { [`${kind} ${minor < 0n ? "Debit" : "Credit"} (${mark})`]: formatMinor(magnitude(minor), exponent) };
}

function lineCells({ exponent }: PspPayout, line: PspLine): Record<string, string> {
  const fee = (minor: bigint) => (minor === 0n ? "" : formatMinor(minor, exponent));
  const [markup, scheme] = [line.feeMinor / 5n, line.feeMinor / 4n];
  return {
    "Psp Reference": line.pspReference,
    "Merchant Reference": line.order,
    "Payment Method": "visa",
    "Payment Method Variant": "visacredit",
    "Creation Date": timeText(line.createdMs),
    Type: TYPES[line.category],
    "Modification Reference": `MOD${line.row}`,
    "Gross Currency": line.facingCurrency,
    ...pair("Gross", line.facingMinor, exponentOf(line.facingCurrency) ?? exponent),
    "Exchange Rate": line.rate,
    ...pair("Net", line.grossMinor - line.feeMinor, exponent),
    "Markup (NC)": fee(markup),
    "Scheme Fees (NC)": fee(scheme),
    "Interchange (NC)": fee(line.feeMinor - markup - scheme),
  };
}

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

const ownCells = ({ exponent, date }: PspPayout, type: string, reference: string, minor: bigint) => ({
  "Creation Date": `${date} 00:00:00`,
  Type: type,
  "Modification Reference": reference,
  ...pair("Net", minor, exponent),
});

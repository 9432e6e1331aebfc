import type { MoneyValue } from "../../domain/answer";
import { type Exponents, exponentFor, magnitude, readDecimal, tellAmount } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { type FaultPlace, refuse } from "../faults";
import type { StatementCharge } from "../model";
import type { SourceFacts, StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import { type CsvRow, type CsvTable, cellReader, readRows, refuseOpenEnd } from "./rows";
import { readReportTime } from "./times";

const NEEDED = [
  "Merchant Account",
  "Psp Reference",
  "Creation Date",
  "Type",
  "Gross Currency",
  "Gross Debit (GC)",
  "Gross Credit (GC)",
  "Net Currency",
  "Net Debit (NC)",
  "Net Credit (NC)",
  "Batch Number",
];
const FEES = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"] as const;
const PAYOUT = "MerchantPayout";
const TAKES_BACK = /refund|chargeback|reversed/i;
const BATCHES_MAX = 100_000;

/**
 * Reads Adyen's settlement details report, its columns in any order: a statement per merchant account, batch and net
 * currency, an entry per row with gross, fees and net. A batch that holds its payout must add up to nothing.
 */
export const readAdyen: StatementParser = async function* (input, assembler, facts) {
  let reader: AdyenReader | null = null;
  let last = 0;
  const options = { delimiter: null, charset: facts.charset ?? ("utf-8" as const), skip: 0, columns: null };
  for await (const rows of readRows(input, options, (table) => {
    reader = new AdyenReader(assembler, facts, table);
  })) {
    for (const row of rows) {
      (reader as AdyenReader | null)?.row(row);
      last = row.row;
    }
    yield;
  }
  const read = reader as AdyenReader | null;
  if (read !== null && !read.wholeByPayouts()) refuseOpenEnd(input, last);
  read?.end();
};

interface Batch {
  readonly name: string;
  readonly builder: StatementBuilder;
  readonly currency: string;
  readonly exponent: number;
  netMinor: bigint;
  payoutRow: number | null;
}

class AdyenReader {
  private readonly batches = new Map<string, Batch>();
  private readonly cell: (row: CsvRow, column: string) => string | null;
  private readonly exponents: Exponents;

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly facts: SourceFacts,
    table: CsvTable,
  ) {
    this.cell = cellReader(table, NEEDED);
    this.exponents = facts.exponents ?? {};
  }

  row(row: CsvRow): void {
    const where: FaultPlace = { row: row.row };
    const net = this.signed(row, "Net", "NC", where) ?? refuse("missing_amount", "The row has no net amount.", where);
    const gross = this.signed(row, "Gross", "GC", where);
    const charges = this.charges(row, net.currency, where);
    if (gross !== null && gross.currency === net.currency) this.checkRow(gross, charges, net, where);
    const type = this.cell(row, "Type") ?? refuse("bad_field", "The row has no type.", where);
    const batch = this.batchFor(row, net, where);
    batch.netMinor += net.amountMinor;
    if (type === PAYOUT) batch.payoutRow = row.row;
    const text = this.cell(row, "Creation Date") ?? refuse("missing_date", "The row has no creation date.", where);
    const zone = this.cell(row, "TimeZone") ?? this.facts.zone ?? "UTC";
    const created = readReportTime(text, zone, { ...where, path: "Creation Date" });
    batch.builder.entry({
      where,
      place: `row ${row.row}`,
      bookingDate: created.date,
      bookedAt: created.at,
      amount: { ...net, amountMinor: magnitude(net.amountMinor) },
      direction: net.amountMinor < 0n ? "debit" : "credit",
      reversal: TAKES_BACK.test(type),
      code: type,
      batchId: this.cell(row, "Batch Number"),
      gross,
      charges,
      exchangeRate: this.cell(row, "Exchange Rate"),
      references: {
        pspReference: this.cell(row, "Psp Reference"),
        transactionId: this.cell(row, "Modification Reference"),
        customerReference: this.cell(row, "Merchant Reference"),
        instructionId: this.cell(row, "Modification Merchant Reference"),
      },
      remittance: [type, this.cell(row, "Payment Method Variant") ?? this.cell(row, "Payment Method")]
        .filter((part) => part !== null)
        .join(" "),
    });
  }

  wholeByPayouts(): boolean {
    return this.batches.size > 0 && [...this.batches.values()].every((batch) => batch.payoutRow !== null);
  }

  end(): void {
    for (const { name, builder, currency, exponent, netMinor, payoutRow } of this.batches.values()) {
      const where = payoutRow === null ? {} : { row: payoutRow };
      if (payoutRow !== null && netMinor !== 0n)
        refuse(
          "payout_total_mismatch",
          `Batch ${name} with its payout adds up to ${tellAmount(netMinor, currency, exponent)}, not to nothing.`,
          where,
          { expected: tellAmount(0n, currency, exponent), found: tellAmount(netMinor, currency, exponent) },
        );
      const controls = payoutRow === null ? [] : [{ kind: "payout_total", value: tellAmount(0n, currency, exponent) }];
      builder.close({ closing: null, controls, needsBalances: false, where });
    }
  }

  /** Credit less debit of a pair of columns; null where both are empty. */
  private signed(row: CsvRow, kind: "Gross" | "Net", mark: "GC" | "NC", where: FaultPlace): MoneyValue | null {
    const currency = (this.cell(row, `${kind} Currency`) ?? "").toUpperCase();
    const columns = [`${kind} Credit (${mark})`, `${kind} Debit (${mark})`] as const;
    const [credit, debit] = columns.map((column) => {
      const text = this.cell(row, column);
      return text === null ? null : readDecimal(text, currency, this.exponents, { ...where, path: column }).amountMinor;
    });
    if ((credit ?? null) === null && (debit ?? null) === null) return null;
    const exponent = exponentFor(currency, this.exponents, where);
    return { amountMinor: (credit ?? 0n) - (debit ?? 0n), currency, exponent };
  }

  private charges(row: CsvRow, currency: string, where: FaultPlace): StatementCharge[] {
    return FEES.flatMap((column) => {
      const text = this.cell(row, column);
      if (text === null) return [];
      const amount = readDecimal(text, currency, this.exponents, { ...where, path: column });
      return amount.amountMinor === 0n ? [] : [{ ...amount, type: column.replace(" (NC)", ""), included: true }];
    });
  }

  private checkRow(gross: MoneyValue, charges: readonly StatementCharge[], net: MoneyValue, where: FaultPlace): void {
    const expected = charges.reduce((rest, charge) => rest - charge.amountMinor, gross.amountMinor);
    if (expected === net.amountMinor) return;
    const tell = (minor: bigint) => tellAmount(minor, net.currency, net.exponent);
    refuse(
      "row_not_balanced",
      `Gross ${tell(gross.amountMinor)} less its fees is ${tell(expected)}, not net ${tell(net.amountMinor)}.`,
      where,
      {
        figures: true,
        expected: tell(expected),
        found: tell(net.amountMinor),
      },
    );
  }

  private batchFor(row: CsvRow, net: MoneyValue, where: FaultPlace): Batch {
    const account = this.cell(row, "Merchant Account") ?? refuse("missing_account", "No merchant account.", where);
    const number = this.cell(row, "Batch Number") ?? refuse("bad_field", "The row has no batch number.", where);
    const key = `${account}|${number}|${net.currency}`;
    const known = this.batches.get(key);
    if (known !== undefined) return known;
    if (this.batches.size >= BATCHES_MAX) refuse("too_complex", `More than ${BATCHES_MAX} batches.`, where);
    const { currency, exponent } = net;
    const builder = this.assembler.open(
      {
        account,
        accountName: this.cell(row, "Company Account"),
        institution: "Adyen",
        currency,
        exponent,
        sequence: number,
      },
      where,
    );
    const batch: Batch = { name: number, builder, currency, exponent, netMinor: 0n, payoutRow: null };
    this.batches.set(key, batch);
    return batch;
  }
}

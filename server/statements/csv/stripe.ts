import type { MoneyValue } from "../../domain/answer";
import { type Exponents, magnitude, readDecimal, tellAmount } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { type FaultPlace, refuse } from "../faults";
import type { SourceFacts, StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import { type CsvRow, type CsvTable, cellReader, readRows, refuseOpenEnd } from "./rows";
import { readReportTime } from "./times";

const ACCOUNT_ELSE = "stripe";
const NEEDED = ["balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category"];
/** What a merchant is likely to have put its own number of the payment in; the first that is filled counts. */
const OWN_REFERENCE =
  /^payment_metadata\[(transaction_id|order_id|order|order_number|merchant_reference|reference|invoice_id)\]$/i;
const TAKES_BACK = /refund|dispute|reversal|failure/;
const PAYOUTS_MAX = 1_000_000;

/**
 * Reads Stripe's itemised payout reconciliation report: a statement per currency, an entry per balance transaction with
 * gross, fee and net, grouped by payout. Where the payout's own row is in the file, its lines must add up to it.
 */
export const readStripe: StatementParser = async function* (input, assembler, facts) {
  let reader: StripeReader | null = null;
  let last = 0;
  const options = { delimiter: null, charset: facts.charset ?? ("utf-8" as const), skip: 0, columns: null };
  for await (const rows of readRows(input, options, (table) => {
    reader = new StripeReader(assembler, facts, table);
  })) {
    for (const row of rows) {
      (reader as StripeReader | null)?.row(row);
      last = row.row;
    }
    yield;
  }
  const read = reader as StripeReader | null;
  if (read !== null && !read.wholeByPayouts()) refuseOpenEnd(input, last);
  read?.end();
};

interface Payout {
  readonly currency: string;
  readonly exponent: number;
  lines: number;
  linesMinor: bigint;
  paidMinor: bigint | null;
  row: number;
}

/** True where both the payout and lines of it are in the file; a payout alone is not itemised here. */
const isTied = (payout: Payout): payout is Payout & { readonly paidMinor: bigint } =>
  payout.paidMinor !== null && payout.lines > 0;

class StripeReader {
  private readonly open = new Map<string, StatementBuilder>();
  private readonly payouts = new Map<string, Payout>();
  private withoutPayout = 0;
  private readonly cell: (row: CsvRow, column: string) => string | null;
  private readonly exponents: Exponents;
  private readonly created: string;
  private readonly ownReferences: readonly string[];

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly facts: SourceFacts,
    table: CsvTable,
  ) {
    this.created = ["created", "created_utc"].find((name) => table.columns.includes(name)) ?? "created";
    this.cell = cellReader(table, [...NEEDED, this.created]);
    this.exponents = facts.exponents ?? {};
    this.ownReferences = table.columns.filter((name) => OWN_REFERENCE.test(name));
  }

  row(row: CsvRow): void {
    const where: FaultPlace = { row: row.row };
    const currency = (this.cell(row, "currency") ?? "").toUpperCase();
    const money = (column: string): MoneyValue =>
      readDecimal(this.cell(row, column) ?? "", currency, this.exponents, { ...where, path: column });
    const [gross, fee, net] = [money("gross"), money("fee"), money("net")];
    if (gross.amountMinor - fee.amountMinor !== net.amountMinor) this.unbalanced(gross, fee, net, where);
    const category = this.cell(row, "reporting_category") ?? refuse("bad_field", "No reporting category.", where);
    const payoutId = this.payout(row, category, net);
    const builder = this.openFor(net, where);
    const created = this.time(row, this.created) ?? refuse("missing_date", "The row has no creation time.", where);
    const facing = this.cell(row, "customer_facing_amount");
    const facingCurrency = this.cell(row, "customer_facing_currency");
    builder.entry({
      where,
      place: `row ${row.row}`,
      bookingDate: created.date,
      bookedAt: created.at,
      valueDate: this.time(row, "available_on")?.date ?? null,
      amount: { ...net, amountMinor: magnitude(net.amountMinor) },
      direction: net.amountMinor < 0n ? "debit" : "credit",
      reversal: TAKES_BACK.test(category),
      code: category,
      batchId: payoutId,
      gross,
      charges: fee.amountMinor === 0n ? [] : [{ ...fee, type: "fee", included: true }],
      instructed:
        facing === null || facingCurrency === null ? null : { decimal: facing, currency: facingCurrency.toUpperCase() },
      references: {
        transactionId: this.cell(row, "balance_transaction_id"),
        pspReference: this.cell(row, "charge_id") ?? this.cell(row, "source_id"),
        instructionId: this.cell(row, "payment_intent_id"),
        customerReference: this.ownReferences.reduce<string | null>(
          (found, name) => found ?? this.cell(row, name),
          null,
        ),
        traceNumber: this.cell(row, "trace_id"),
      },
      remittance: this.cell(row, "description"),
    });
  }

  /** True where every row belongs to a payout whose own row is in the file: then the sums show that the file is whole. */
  wholeByPayouts(): boolean {
    return this.withoutPayout === 0 && [...this.payouts.values()].every(isTied);
  }

  end(): void {
    for (const [id, payout] of this.payouts) {
      if (!isTied(payout)) continue;
      const { currency, exponent, linesMinor, paidMinor, row } = payout;
      const [expected, found] = [-paidMinor, linesMinor].map((minor) => tellAmount(minor, currency, exponent));
      if (linesMinor + paidMinor !== 0n)
        refuse(
          "payout_total_mismatch",
          `The lines of payout ${id} add up to ${found}; ${expected} was paid out.`,
          { row },
          {
            expected: expected ?? "",
            found: found ?? "",
          },
        );
    }
    for (const [currency, builder] of this.open) {
      const payouts = [...this.payouts.values()].filter(
        (payout) => payout.currency === currency && isTied(payout),
      ).length;
      const controls = payouts === 0 ? [] : [{ kind: "payout_totals", value: String(payouts) }];
      builder.close({ closing: null, controls, needsBalances: false, where: {} });
    }
  }

  private unbalanced(gross: MoneyValue, fee: MoneyValue, net: MoneyValue, where: FaultPlace): never {
    const tell = ({ amountMinor, currency, exponent }: MoneyValue) => tellAmount(amountMinor, currency, exponent);
    const expected = tell({ ...net, amountMinor: gross.amountMinor - fee.amountMinor });
    return refuse("row_not_balanced", `Gross ${tell(gross)} less fee ${tell(fee)} is not net ${tell(net)}.`, where, {
      expected,
      found: tell(net),
    });
  }

  /** Adds the row to its payout; the payout's own row, which takes the money out, is what the others must add up to. */
  private payout(row: CsvRow, category: string, net: MoneyValue): string | null {
    const own = category === "payout";
    const id = this.cell(row, "automatic_payout_id") ?? (own ? this.cell(row, "source_id") : null);
    if (id === null) {
      this.withoutPayout++;
      return null;
    }
    let payout = this.payouts.get(id);
    if (payout === undefined) {
      if (this.payouts.size >= PAYOUTS_MAX)
        refuse("too_complex", `More than ${PAYOUTS_MAX} payouts.`, { row: row.row });
      payout = {
        currency: net.currency,
        exponent: net.exponent,
        lines: 0,
        linesMinor: 0n,
        paidMinor: null,
        row: row.row,
      };
      this.payouts.set(id, payout);
    }
    if (payout.currency !== net.currency)
      refuse(
        "entry_currency_mismatch",
        `Payout ${id} has rows in two currencies.`,
        { row: row.row },
        {
          expected: payout.currency,
          found: net.currency,
        },
      );
    if (own) {
      payout.paidMinor = (payout.paidMinor ?? 0n) + net.amountMinor;
      payout.row = row.row;
    } else {
      payout.lines++;
      payout.linesMinor += net.amountMinor;
    }
    return id;
  }

  private openFor(net: MoneyValue, where: FaultPlace): StatementBuilder {
    const known = this.open.get(net.currency);
    if (known !== undefined) return known;
    const { currency, exponent } = net;
    const account = this.facts.account ?? ACCOUNT_ELSE;
    const builder = this.assembler.open({ account, institution: "Stripe", currency, exponent }, where);
    this.open.set(currency, builder);
    return builder;
  }

  private time(row: CsvRow, column: string) {
    const text = this.cell(row, column);
    return text === null ? null : readReportTime(text, this.facts.zone ?? "UTC", { row: row.row, path: column });
  }
}

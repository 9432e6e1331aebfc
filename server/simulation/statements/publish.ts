import { exponentOf, formatMinor } from "../../domain/money";
import type { BusinessDate } from "../../domain/time";
import { ACCOUNTS, accountOf, type BankAccount, PAYOUT_CURRENCIES, PAYOUT_FEE_MINOR, type PspName } from "./accounts";
import type { DueDates } from "./due-dates";
import { copyWithin, writePieces } from "./files";
import type { Ledger } from "./ledger";
import { type AchReturn, type BankLine, closingOf, magnitude, type PspLine, type StatementHeader } from "./lines";
import type { Numbers } from "./movement";
import { achFile, bankFile, delivery, pspFile } from "./names";
import type { Tally, Tell } from "./tally";
import { writeAdyen } from "./writers/adyen";
import { writeBai2 } from "./writers/bai2";
import { writeCamt053 } from "./writers/camt053";
import { writeMt940 } from "./writers/mt940";
import { writeNachaReturns } from "./writers/nacha";
import { type PspPayout, writeStripe } from "./writers/stripe";

/** What a faulty first delivery states beside the truth, minor units. */
const FAULT_MINOR = 100n;
/** Of so many payouts one reaches the bank short, and one not at all. */
const PAYOUTS_PER_BREAK = 8;
const [SHORT_AT, MISSING_AT] = [1, 4];
/** A payout is given so many business days to reach the bank. */
const PAYOUT_BUSINESS_DAYS = 2;

/** What a statement is meant to say, entry by entry, in the order of the file. */
export type Meant =
  | { readonly file: string; readonly kind: "bank"; readonly line: BankLine; readonly batched: boolean }
  | { readonly file: string; readonly kind: "psp"; readonly line: PspLine; readonly payout: string }
  | { readonly file: string; readonly kind: "ach"; readonly line: AchReturn };

/** How far the statements of a company are told; what the next day's go on from. */
export interface PublisherState {
  readonly payouts: number;
  readonly batches: number;
  /** Statements so far by format. */
  readonly deliveries: Readonly<Record<string, number>>;
  /** By currency: the number and the closing balance, minor units, of the account's last statement. */
  readonly accounts: Readonly<Record<string, { readonly sequence: number; readonly closingMinor: string }>>;
}

export interface PublishOptions {
  /** Where earlier statements ended; absent for the first ones. */
  readonly from?: PublisherState;
  readonly directory: string;
  readonly run: string;
  readonly dates: DueDates;
  /** The last day there are statements of. */
  readonly until: BusinessDate;
  readonly ledger: Ledger;
  readonly numbers: Numbers;
  readonly tally: Tally;
  readonly tell: Tell;
  readonly onEntry?: (meant: Meant) => void;
}

/** Writes every statement: processors first, for their payouts are bookings of the banks, which come last. */
export class Publisher {
  files = 0;
  private payouts: number;
  private batchNumbers: number;
  /** How many statements of each format there have been. */
  private readonly deliveries: Map<string, number>;
  private readonly accounts: Map<string, { sequence: number; closingMinor: string }>;

  constructor(private readonly options: PublishOptions) {
    const { from } = options;
    this.payouts = from?.payouts ?? 0;
    this.batchNumbers = from?.batches ?? 0;
    this.deliveries = new Map(Object.entries(from?.deliveries ?? {}));
    this.accounts = new Map(Object.entries(from?.accounts ?? {}));
  }

  /** What the statements of the next day go on from. */
  state(): PublisherState {
    const [deliveries, accounts] = [Object.fromEntries(this.deliveries), Object.fromEntries(this.accounts)];
    return { payouts: this.payouts, batches: this.batchNumbers, deliveries, accounts };
  }

  /** `flush` puts what the payouts and returns have added to the banks' statements on disk. */
  async all(flush: () => Promise<void>): Promise<void> {
    const { ledger } = this.options;
    for (const psp of ["stripe", "adyen"] as const) {
      for (const date of ledger.dates(psp)) await this.processor(psp, date);
    }
    for (const date of ledger.dates("ach")) await this.returns(date);
    await flush();
    for (const account of Object.values(ACCOUNTS)) {
      const { currency } = account;
      for (const date of ledger.dates(`bank/${currency}`)) {
        const last = this.accounts.get(currency);
        const sequence = (last?.sequence ?? 0) + 1;
        const closing = await this.bank(account, date, sequence, BigInt(last?.closingMinor ?? account.openingMinor));
        this.accounts.set(currency, { sequence, closingMinor: String(closing) });
      }
    }
  }

  private async processor(psp: PspName, date: BusinessDate): Promise<void> {
    const { ledger } = this.options;
    const file = pspFile(psp, date);
    const payouts = PAYOUT_CURRENCIES.flatMap((currency) => {
      const payout = this.payoutOf(psp, currency, date, file);
      return payout === null ? [] : [payout];
    });
    const rows = payouts.reduce((sum, { count }) => sum + count, 0);
    const write = psp === "stripe" ? writeStripe : writeAdyen;
    const pieces = (faultMinor: bigint, watch: boolean) => {
      const whole = payouts.map((payout) => {
        const lines = ledger.pspLines(psp, payout.currency, date);
        return { ...payout, rows: watch ? this.watchRows(file, payout.id, lines) : lines };
      });
      return write(whole, faultMinor);
    };
    await this.deliver({ file, format: psp, account: psp, currency: null, date, entries: rows, pieces });
  }

  /** The fee and the payout are rows of their own. Its booking on the bank's statement goes into the ledger. */
  private payoutOf(psp: PspName, currency: string, date: BusinessDate, file: string) {
    const { ledger, run, tell } = this.options;
    const sums = ledger.pspTotals(psp, currency, date);
    if (sums === null) return null;
    const batch = ++this.batchNumbers;
    const id = psp === "stripe" ? `po_${run}${batch.toString(36)}` : `TX${batch}X${run}`;
    const feeMinor = PAYOUT_FEE_MINOR[psp];
    const feesMinor = sums.feesMinor + feeMinor;
    const netMinor = sums.grossMinor - sums.refundsMinor - sums.chargebacksMinor - feesMinor;
    const payout = { id, batch, currency, exponent: exponentOf(currency) ?? 2, date, feeMinor, netMinor };
    const bankFileName = this.bookPayout(psp, payout);
    tell({
      kind: "payout",
      ...{ id, psp, batch, currency, date, rows: sums.rows, file, bankFile: bankFileName },
      grossMinor: String(sums.grossMinor),
      refundsMinor: String(sums.refundsMinor),
      chargebacksMinor: String(sums.chargebacksMinor),
      feesMinor: String(feesMinor),
      netMinor: String(netMinor),
    });
    return { ...payout, count: sums.rows + 2 };
  }

  private bookPayout(psp: PspName, payout: Omit<PspPayout, "rows">): string | null {
    const { ledger, numbers, tally } = this.options;
    const { id, batch, currency, date, netMinor } = payout;
    const isDue = this.options.dates.afterCard(currency, date, PAYOUT_BUSINESS_DAYS) <= this.options.until;
    const turn = isDue ? this.payouts++ % PAYOUTS_PER_BREAK : null;
    const account = accountOf(currency);
    const booked = turn === SHORT_AT ? netMinor - magnitude(netMinor) / 10n : netMinor;
    const planted = {
      ...{ transaction: null, other: id, reference: id, account: account.slug, date, expectedBy: null, currency },
      amountMinor: String(netMinor),
    };
    if (netMinor === 0n) return null;
    if (turn === MISSING_AT) {
      const nothing = { file: null, line: null, field: null, expected: null, found: null };
      const due = this.options.dates.afterCard(currency, date, PAYOUT_BUSINESS_DAYS);
      tally.break({ name: "missing_external", ...planted, ...nothing, date: due }, 0);
      return null;
    }
    const line: BankLine = {
      bankReference: numbers.bankReference(),
      reference: id,
      shortReference: id,
      signedMinor: booked,
      kind: "PAYOUT",
      reversal: false,
      returnCode: null,
      party: psp === "stripe" ? "Stripe Payments" : "Adyen NV",
      partyAccount: null,
      text: psp === "stripe" ? "STRIPE PAYOUT" : `${id}, batch ${batch}`,
    };
    const file = ledger.bank(currency, date, line, false);
    if (booked !== netMinor) {
      const found = { field: "amount", expected: String(netMinor), found: String(booked) };
      tally.break({ name: "amount_under", ...planted, file, line: line.bankReference, ...found }, 0);
    }
    return file;
  }

  private async returns(date: BusinessDate): Promise<void> {
    const { ledger, numbers, tell } = this.options;
    const file = achFile(date);
    const { count, amountMinor } = ledger.achTotals(date);
    const id = `ACHRET${date.replaceAll("-", "")}`;
    const line: BankLine = {
      bankReference: numbers.bankReference(),
      reference: id,
      shortReference: id,
      signedMinor: -amountMinor,
      kind: "ACH_RETURNS",
      reversal: false,
      returnCode: null,
      party: "ACH RETURNS",
      partyAccount: null,
      text: `${count} returned entries`,
    };
    const bankFileName = ledger.bank("USD", date, line, false);
    tell({
      kind: "ach_returns",
      file,
      bankFile: bankFileName,
      line: line.bankReference,
      entries: count,
      amountMinor: String(amountMinor),
    });
    await this.deliver({
      ...{ file, format: "nacha", account: "ach-returns", currency: "USD", date, entries: count },
      pieces: (faultMinor, watch) => {
        const entries = ledger.achLines(date);
        return writeNachaReturns(date, watch ? this.watchReturns(file, entries) : entries, faultMinor);
      },
    });
  }

  /** Returns the closing balance, which opens the next statement. */
  private async bank(
    account: BankAccount,
    date: BusinessDate,
    sequence: number,
    openingMinor: bigint,
  ): Promise<bigint> {
    const { ledger } = this.options;
    const { currency, format, dialect } = account;
    const file = bankFile(account, date);
    const { totals, batch } = ledger.bankTotals(currency, date);
    const header: StatementHeader = { ...account, date, sequence, openingMinor, totals, batch, faultMinor: 0n };
    const closingMinor = closingOf(header);
    const pieces = (faultMinor: bigint, watch: boolean) => {
      const all = { ...header, faultMinor };
      const read = (lines: AsyncGenerator<BankLine>, batched: boolean) =>
        watch ? this.watchLines(file, lines, batched) : lines;
      const lines = read(ledger.bankLines(currency, date), false);
      if (format === "mt940") return writeMt940(all, dialect, lines);
      if (format === "bai2") return writeBai2(all, lines);
      return writeCamt053(all, lines, read(ledger.batchLines(currency, date), true));
    };
    const entries = totals.credits + totals.debits;
    const balances = { openingMinor: formatMinor(openingMinor, 0), closingMinor: formatMinor(closingMinor, 0) };
    await this.deliver({ file, format, account: account.slug, currency, date, entries, pieces, ...balances });
    return closingMinor;
  }

  /** The first statement of each format is delivered with a wrong total before it, the second one once more after it. */
  private async deliver(statement: Delivery): Promise<void> {
    const { directory, tally, tell } = this.options;
    const { file, format, account, currency, date, entries, pieces } = statement;
    const turn = (this.deliveries.get(format) ?? 0) + 1;
    this.deliveries.set(format, turn);
    if (turn === 1) {
      const first = delivery(file, "first");
      await this.write(first, pieces(FAULT_MINOR, false));
      const nothing = { transaction: null, other: file, line: null, expectedBy: null, expected: null, found: null };
      const planted = {
        reference: first,
        account,
        file: first,
        date,
        currency: currency ?? "",
        amountMinor: String(FAULT_MINOR),
      };
      tally.break({ name: "control_total", ...planted, ...nothing, field: "control_total" }, 0);
    }
    await this.write(file, pieces(0n, true));
    const { openingMinor = null, closingMinor = null } = statement;
    tell({ kind: "statement", file, format, account, currency, date, entries, openingMinor, closingMinor });
    if (turn !== 2) return;
    const again = delivery(file, "again");
    await copyWithin(directory, file, again);
    this.files++;
    tell({ kind: "statement_again", file: again, of: file });
  }

  private async write(name: string, pieces: AsyncIterable<string>): Promise<void> {
    this.files++;
    await writePieces(this.options.directory, name, pieces);
  }

  private async *watchLines(file: string, lines: AsyncIterable<BankLine>, batched: boolean): AsyncGenerator<BankLine> {
    for await (const line of lines) {
      this.options.onEntry?.({ file, kind: "bank", line, batched });
      yield line;
    }
  }

  private async *watchRows(file: string, payout: string, lines: AsyncIterable<PspLine>): AsyncGenerator<PspLine> {
    for await (const line of lines) {
      this.options.onEntry?.({ file, kind: "psp", line, payout });
      yield line;
    }
  }

  private async *watchReturns(file: string, lines: AsyncIterable<AchReturn>): AsyncGenerator<AchReturn> {
    for await (const line of lines) {
      this.options.onEntry?.({ file, kind: "ach", line });
      yield line;
    }
  }
}

interface Delivery {
  readonly file: string;
  readonly format: string;
  readonly account: string;
  readonly currency: string | null;
  readonly date: BusinessDate;
  readonly entries: number;
  readonly openingMinor?: string;
  readonly closingMinor?: string;
  /** Written anew for every delivery; `watch` tells of the entries. */
  readonly pieces: (faultMinor: bigint, watch: boolean) => AsyncIterable<string>;
}

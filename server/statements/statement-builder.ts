import type { BusinessDate } from "../domain/time";
import { magnitude, tellAmount } from "./amounts";
import type { AssemblyPort, ClosingDraft, DeclaredTotals, DetailDraft, EntryDraft, OpeningDraft } from "./drafts";
import { type FaultPlace, refuse, type StatementFaultCode } from "./faults";
import { bookingDigest, bookingKey, contentKey, DetailsDigest, digestText, KeySum, statementKey } from "./identity";
import type { StatementBalance, StatementControl } from "./model";
import {
  cleanReference,
  cleanText,
  commonOf,
  maskedAnswer,
  maskedOrNull,
  ownAccount,
  referenceOrNull,
  textsOf,
} from "./texts";

/** Builds one statement: numbers its entries, sums them, and checks its totals when it is closed. */
export class StatementBuilder {
  private entries = 0;
  private booked = 0;
  private details = 0;
  private credits = 0;
  private debits = 0;
  private creditMinor = 0n;
  private debitMinor = 0n;
  private pending: { count: number; digest: DetailsDigest } | null = null;
  private firstDate: BusinessDate | null = null;
  private lastDate: BusinessDate | null = null;
  private readonly keys = new KeySum();

  constructor(
    private readonly assembler: AssemblyPort,
    private readonly draft: OpeningDraft,
    private readonly index: number,
    private readonly salt: number,
    where: FaultPlace,
  ) {
    const opening = draft.opening ?? null;
    if (opening !== null) checkBalanceCurrency(opening, draft.currency, where);
    assembler.push({
      kind: "statement",
      opening: {
        statement: index,
        account: ownAccount(draft.account),
        accountName: maskedOrNull(cleanText(draft.accountName)),
        institution: cleanText(draft.institution),
        currency: draft.currency,
        exponent: draft.exponent,
        statementId: referenceOrNull(cleanText(draft.statementId)),
        messageId: referenceOrNull(cleanText(draft.messageId)),
        sequence: draft.sequence ?? null,
        period: draft.period ?? { from: null, to: null },
        createdAt: draft.createdAt ?? null,
        copy: draft.copy ?? false,
        opening,
      },
    });
  }

  get currency(): string {
    return this.draft.currency;
  }

  /** Number of the entry that comes next. */
  get nextEntry(): number {
    return this.entries + 1;
  }

  /** Net of the booked entries so far, minor units. */
  get netMinor(): bigint {
    return this.creditMinor - this.debitMinor;
  }

  /** A payment of the entry that comes next. */
  detail(draft: DetailDraft): void {
    this.pending ??= { count: 0, digest: new DetailsDigest() };
    this.pending.count++;
    this.details++;
    this.assembler.counts.details++;
    const common = commonOf(draft);
    const amount = draft.amount === null ? null : draft.amount.amountMinor.toString();
    this.pending.digest.add([amount, draft.returnCode ?? null, ...textsOf(draft)]);
    this.assembler.push({
      kind: "detail",
      detail: {
        statement: this.index,
        entry: this.nextEntry,
        detail: this.pending.count,
        amount: draft.amount,
        returnCode: draft.returnCode ?? null,
        ...common,
      },
    });
  }

  entry(draft: EntryDraft): void {
    const { amount } = draft;
    if (amount.currency !== this.draft.currency || amount.exponent !== this.draft.exponent)
      refuse(
        "entry_currency_mismatch",
        `The entry is in ${amount.currency}, its statement in ${this.draft.currency}.`,
        draft.where,
        { expected: this.draft.currency, found: amount.currency },
      );
    if (amount.amountMinor < 0n)
      refuse("negative_amount", "The entry's amount is negative.", draft.where, {
        found: tellAmount(amount.amountMinor, amount.currency, amount.exponent),
      });
    this.entries++;
    this.assembler.counts.entries++;
    const status = draft.status ?? "booked";
    const signedMinor = draft.direction === "credit" ? amount.amountMinor : -amount.amountMinor;
    if (status === "booked") this.count(draft, signedMinor);
    const details = this.pending;
    this.pending = null;
    const identity = this.identify(draft, status, details?.digest.finish() ?? null);
    if (status === "booked") this.keys.add(identity.key);
    this.assembler.push({
      kind: "entry",
      entry: {
        statement: this.index,
        entry: this.entries,
        place: draft.place,
        status,
        bookingDate: draft.bookingDate,
        bookingDateFrom: draft.bookingDateFrom ?? "stated",
        bookedAt: draft.bookedAt ?? null,
        valueDate: draft.valueDate ?? null,
        amountMinor: amount.amountMinor,
        currency: amount.currency,
        exponent: amount.exponent,
        direction: draft.direction,
        signedMinor,
        reversal: draft.reversal ?? false,
        code: cleanText(draft.code),
        returnCode: draft.returnCode ?? null,
        ach: (draft.ach ?? []).map(maskedAnswer),
        batchId: referenceOrNull(cleanReference(draft.batchId)),
        detailCount: details?.count ?? draft.untold ?? 1,
        gross: draft.gross ?? null,
        availability: draft.availability ?? [],
        ...commonOf(draft),
        ...identity,
      },
    });
  }

  /** Checks every total the statement states and hands over what it came to. */
  close(draft: ClosingDraft): void {
    const { currency, exponent, opening = null } = this.draft;
    const { closing, where } = draft;
    if (draft.needsBalances && opening === null)
      refuse("missing_opening_balance", "The statement has no opening balance.", where);
    if (draft.needsBalances && closing === null)
      refuse("missing_closing_balance", "The statement has no closing balance.", where);
    if (closing !== null) checkBalanceCurrency(closing, currency, where);
    const tell = (minor: bigint) => tellAmount(minor, currency, exponent);
    const controls: StatementControl[] = [...(draft.controls ?? [])];
    if (opening !== null && closing !== null) {
      const expected = opening.amountMinor + this.netMinor;
      if (expected !== closing.amountMinor)
        refuse(
          "closing_balance_mismatch",
          `Opening ${tell(opening.amountMinor)} and ${this.booked} booked entries of net ${tell(this.netMinor)} make ${tell(expected)}; the closing balance is ${tell(closing.amountMinor)}, a difference of ${tell(closing.amountMinor - expected)}.`,
          where,
          { expected: tell(expected), found: tell(closing.amountMinor), figures: true },
        );
      controls.push({ kind: "closing_balance", value: tell(closing.amountMinor) });
    }
    this.checkDeclared(draft.declared ?? {}, where, tell, controls);
    this.finish(draft, controls);
  }

  private checkDeclared(
    declared: DeclaredTotals,
    where: FaultPlace,
    tell: (minor: bigint) => string,
    controls: StatementControl[],
  ): void {
    const check = <T extends bigint | number>(
      kind: string,
      code: StatementFaultCode,
      stated: T | undefined,
      actual: T,
      text: (value: T) => string,
    ) => {
      if (stated === undefined) return;
      if (stated !== actual)
        refuse(
          code,
          `The statement states ${text(stated)} as ${kind.replace("_", " ")}; its booked entries make ${text(actual)}.`,
          where,
          {
            figures: true,
            expected: text(stated),
            found: text(actual),
          },
        );
      controls.push({ kind, value: text(actual) });
    };
    check("entry_count", "entry_count_mismatch", declared.entryCount, this.booked, String);
    check("credit_count", "entry_count_mismatch", declared.creditCount, this.credits, String);
    check("debit_count", "entry_count_mismatch", declared.debitCount, this.debits, String);
    check("credit_total", "credit_total_mismatch", declared.creditMinor, this.creditMinor, tell);
    check("debit_total", "debit_total_mismatch", declared.debitMinor, this.debitMinor, tell);
    check("turnover", "net_total_mismatch", declared.turnoverMinor, this.creditMinor + this.debitMinor, tell);
    check("net_total", "net_total_mismatch", declared.netMinor, this.netMinor, tell);
  }

  private finish(draft: ClosingDraft, controls: readonly StatementControl[]): void {
    const { account, currency, sequence = null, opening = null } = this.draft;
    const stated = draft.period ?? this.draft.period;
    const period = {
      from: stated?.from ?? opening?.date ?? this.firstDate,
      to: stated?.to ?? draft.closing?.date ?? this.lastDate,
    };
    const closingMinor = draft.closing?.amountMinor ?? null;
    const openingMinor = opening?.amountMinor ?? null;
    const { creditMinor, debitMinor } = this;
    const facts = { account, currency, sequence, ...period, openingMinor, closingMinor, creditMinor, debitMinor };
    this.assembler.closed(account, currency, draft.closing, controls.length > 0);
    this.assembler.push({
      kind: "totals",
      totals: {
        statement: this.index,
        closing: draft.closing,
        period,
        entries: this.entries,
        bookedEntries: this.booked,
        details: this.details,
        creditMinor: this.creditMinor,
        debitMinor: this.debitMinor,
        controls,
        statementKey: statementKey(facts),
        contentKey: contentKey(facts, this.keys),
      },
    });
  }

  private count(draft: EntryDraft, signedMinor: bigint): void {
    this.booked++;
    this.assembler.counts.bookedEntries++;
    if (draft.direction === "credit") {
      this.credits++;
      this.creditMinor += draft.amount.amountMinor;
    } else {
      this.debits++;
      this.debitMinor += draft.amount.amountMinor;
    }
    this.assembler.book({ ...draft.amount, amountMinor: signedMinor });
    if (this.firstDate === null || draft.bookingDate < this.firstDate) this.firstDate = draft.bookingDate;
    if (this.lastDate === null || draft.bookingDate > this.lastDate) this.lastDate = draft.bookingDate;
  }

  private identify(draft: EntryDraft, status: string, details: string | null) {
    const digest = bookingDigest({
      account: this.draft.account,
      currency: draft.amount.currency,
      exponent: draft.amount.exponent,
      bookingDate: draft.bookingDate,
      valueDate: draft.valueDate ?? null,
      amountMinor: magnitude(draft.amount.amountMinor),
      direction: draft.direction,
      reversal: draft.reversal ?? false,
      status,
      details,
      texts: [draft.code ?? null, draft.returnCode ?? null, draft.batchId ?? null, ...textsOf(draft)],
    });
    const contentDigest = digestText(digest);
    const occurrence = this.assembler.occurrence(digest, contentDigest, this.salt);
    return { contentDigest, occurrence, key: bookingKey(contentDigest, occurrence) };
  }
}

/** Refuses a balance in another currency than its statement. */
export function checkBalanceCurrency(balance: StatementBalance, currency: string, where: FaultPlace): void {
  if (balance.currency === currency) return;
  refuse(
    "balance_currency_mismatch",
    `The balance ${balance.code} is ${tellAmount(balance.amountMinor, balance.currency, balance.exponent)}, the statement is in ${currency}.`,
    where,
    { expected: currency, found: balance.currency },
  );
}

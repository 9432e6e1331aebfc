import type { MoneyValue } from "../domain/answer";
import type { AssemblyPort, OpeningDraft } from "./drafts";
import { type FaultPlace, refuse } from "./faults";
import { follows } from "./identity";
import type { FileFacts, ProvisionalItem, StatementBalance, StatementControl, StatementItem } from "./model";
import { OccurrenceTable } from "./occurrences";
import { StatementBuilder } from "./statement-builder";

/** What opened an account's last statement in this file, to know whether the next one goes on where it ended. */
interface AccountState {
  salt: number;
  opening: StatementBalance | null;
  closing: StatementBalance | null;
  partOf: string | null;
  sequence: string | null;
}

const STATEMENTS_MAX = 200_000;

interface CurrencySums {
  readonly exponent: number;
  creditMinor: bigint;
  debitMinor: bigint;
}

/**
 * Takes what a parser reads, in its order, and makes items of it: numbers them, gives each its identity, and checks
 * every total. One per file.
 */
export class StatementAssembler implements AssemblyPort {
  private items: StatementItem[] = [];
  private readonly accounts = new Map<string, AccountState>();
  private readonly sums = new Map<string, CurrencySums>();
  private readonly controls: StatementControl[] = [];
  private salts = 0;
  private uncontrolled = 0;
  private readonly occurrences = new OccurrenceTable();
  readonly counts = { statements: 0, entries: 0, bookedEntries: 0, details: 0 };
  version: string | null = null;

  /** `occurrencesBefore`: how many equal bookings a statement already known holds that this file goes on from. */
  constructor(private readonly occurrencesBefore: (contentDigest: string) => number = () => 0) {}

  open(draft: OpeningDraft, where: FaultPlace): StatementBuilder {
    const account = draft.account.replace(/\s+/g, "");
    if (account === "") refuse("missing_account", "The statement names no account.", where);
    if (this.counts.statements >= STATEMENTS_MAX)
      refuse("too_complex", `The file holds more than ${STATEMENTS_MAX} statements.`, where);
    const state = this.stateFor(account, draft);
    return new StatementBuilder(this, { ...draft, account }, this.counts.statements++, state.salt, where);
  }

  /** A total of the file as a whole that was recomputed and found equal. */
  fileControl(kind: string, value: string | number | bigint): void {
    this.controls.push({ kind, value: String(value) });
  }

  push(item: StatementItem): void {
    this.items.push(item);
  }

  /** A booked entry goes into the file's sums. */
  book(amount: MoneyValue): void {
    const key = `${amount.currency}/${amount.exponent}`;
    let sums = this.sums.get(key);
    if (sums === undefined) {
      sums = { exponent: amount.exponent, creditMinor: 0n, debitMinor: 0n };
      this.sums.set(key, sums);
    }
    if (amount.amountMinor < 0n) sums.debitMinor -= amount.amountMinor;
    else sums.creditMinor += amount.amountMinor;
  }

  /** Remembers how a statement ended. */
  closed(account: string, currency: string, closing: StatementBalance | null, controlled: boolean): void {
    const state = this.accounts.get(`${account}|${currency}`);
    if (state !== undefined) state.closing = closing;
    if (!controlled) this.uncontrolled++;
  }

  occurrence(digest: Buffer, contentDigest: string, salt: number): number {
    return this.occurrencesBefore(contentDigest) + this.occurrences.next(digest, salt);
  }

  /** The items made since the last call. Provisional until the file is accepted. */
  take(): readonly ProvisionalItem[] {
    const items = this.items;
    this.items = [];
    return items as ProvisionalItem[];
  }

  /** What is known of the file after its last statement; refuses a file that holds none. */
  finish(statementsMin = 1): Omit<FileFacts, "name" | "format" | "fileHash" | "bytes"> {
    if (this.counts.statements < statementsMin) refuse("no_statement", "The file holds no statement.", {});
    const sums = [...this.sums].map(([key, { exponent, creditMinor, debitMinor }]) => ({
      currency: key.slice(0, key.indexOf("/")),
      exponent,
      creditMinor,
      debitMinor,
    }));
    const { controls, uncontrolled: statementsUncontrolled, version } = this;
    return { version, ...this.counts, sums, controls, statementsUncontrolled };
  }

  /**
   * Equal bookings are different ones within a statement and in the next one, which goes on where, and not before, the
   * last of its account ended; in any other statement they are the same ones told again.
   */
  private stateFor(account: string, draft: OpeningDraft): AccountState {
    const key = `${account}|${draft.currency}`;
    const sequence = draft.sequence ?? null;
    const known = this.accounts.get(key);
    const samePart = draft.partOf !== undefined && known?.partOf === draft.partOf;
    const state: AccountState = known ?? {
      salt: this.salts,
      opening: null,
      closing: null,
      partOf: null,
      sequence: null,
    };
    if (!samePart && !goesOn(state, sequence, draft.opening ?? null)) state.salt = this.salts++;
    state.sequence = sequence;
    state.opening = draft.opening ?? null;
    state.partOf = draft.partOf ?? null;
    this.accounts.set(key, state);
    return state;
  }
}

function goesOn(last: AccountState, sequence: string | null, opening: StatementBalance | null): boolean {
  const { closing } = last;
  if (closing === null || opening === null) return false;
  const [openingMinor, closingMinor] = [last.opening?.amountMinor ?? null, closing.amountMinor];
  if (!follows({ sequence: last.sequence, openingMinor, closingMinor }, { sequence })) return false;
  const later = closing.date !== null && opening.date !== null && opening.date >= closing.date;
  return later && closing.amountMinor === opening.amountMinor;
}

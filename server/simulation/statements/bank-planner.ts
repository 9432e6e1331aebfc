import type { BusinessDate } from "../../domain/time";
import { FAMILY_NAMES, GIVEN_NAMES_F } from "../catalog";
import type { Payment } from "../payment";
import { hashText } from "../prng";
import { accountOf } from "./accounts";
import type { Due, DueDates } from "./due-dates";
import type { BreakKind, MatchKind } from "./kinds";
import type { BankLine } from "./lines";
import type { Book, Movement, Numbers } from "./movement";
import { Picker } from "./picker";
import type { Tally } from "./tally";
import type { PlantedBreak } from "./truth-of-money";
import { originalTraceOf, returnTraceOf } from "./writers/nacha";

/** Differences are planted on amounts from here on, so that no tolerance hides them. */
const DIFFERENCE_FROM_MINOR = 2_000n;
const SPLIT_FROM_MINOR = 100n;
const LATE_BUSINESS_DAYS = 3;

const KINDS = [
  "missing_external",
  "missing_internal",
  "amount_over",
  "amount_under",
  "currency",
  "exponent",
  "duplicate_external",
  "split_incomplete",
  "reference_mismatch",
  "direction",
  "returned",
  "late",
  "within_tolerance",
  "split",
  "no_reference",
] as const satisfies readonly (BreakKind | MatchKind)[];
type Kind = (typeof KINDS)[number];

/** Reasons a bank gives an ACH return for, by those other rails give (Nacha Operating Rules, appendix 4). */
const ACH_CODES: Readonly<Record<string, string>> = { AM04: "R01", AC04: "R02", AC06: "R16", MD01: "R10", MD06: "R07" };

export interface PlannerParts {
  readonly seed: number;
  /** Of the reference rates, which all runs of one world share. */
  readonly rateSeed: number;
  readonly rate: number;
  /** The last day there are statements of. */
  readonly until: BusinessDate;
  readonly dates: DueDates;
  readonly numbers: Numbers;
  readonly book: Book;
  readonly tally: Tally;
}

/** One payment about to be booked. */
interface Booking {
  readonly movement: Movement;
  readonly due: Due;
  readonly minor: bigint;
}

/** Everything that is not a card: what bank statements and files of returns say of it. */
export class BankPlanner {
  private readonly picker: Picker<Kind>;
  private readonly conflicts: Picker<"status_conflict">;
  private readonly returns: Picker<"return_unmatched">;
  /** The first of two twins, until the other one settles. */
  private readonly twins = new Map<string, { booking: Booking; line: string; file: string }>();

  constructor(private readonly parts: PlannerParts) {
    const { seed, rate } = parts;
    this.picker = new Picker(seed, rate, KINDS);
    this.conflicts = new Picker(seed + 1, Math.min(0.5, rate * 20), ["status_conflict"]);
    this.returns = new Picker(seed + 2, Math.min(0.5, rate * 20), ["return_unmatched"]);
  }

  settled(movement: Movement): void {
    const { tally } = this.parts;
    const booking = this.bookingOf(movement);
    tally.movement();
    if (booking.due.date > this.parts.until) {
      tally.notYetDue();
      return;
    }
    if (movement.payment.twin !== null) {
      this.twin(booking);
      return;
    }
    const kind = this.picker.pick((one) => this.fits(one, booking));
    if (kind === null) {
      const batched = movement.payment.currency === "EUR" && movement.payment.type === "DIRECT_DEBIT";
      this.put(booking, {}, batched);
    } else this.plant(kind, booking);
  }

  /** Our side gave it up; now and then the bank did not. */
  failed(movement: Movement): void {
    const booking = this.bookingOf(movement);
    if (booking.due.date > this.parts.until || this.conflicts.pick(() => true) === null) return;
    const { file, line } = this.put(booking, {});
    const change = { field: "status", expected: "FAILED", found: "booked" };
    this.parts.tally.break(this.planted("status_conflict", booking, { file, line, ...change }), 0);
  }

  returned(movement: Movement): void {
    const { parts } = this;
    const { payment, eventMs } = movement;
    const date = parts.dates.returned(payment.type, payment.currency, eventMs);
    parts.tally.movement();
    if (date > parts.until) {
      parts.tally.notYetDue();
      return;
    }
    this.bookReturn(movement, date, payment.reference, payment.id);
    if (this.returns.pick(() => true) === null) return;
    const unknown = this.unknownReference();
    const told = this.bookReturn(movement, date, unknown, unknown.slice(0, 15));
    const booking = this.bookingOf(movement);
    const facts = { ...told, reference: unknown, date, expectedBy: null, transaction: null };
    parts.tally.break(this.planted("return_unmatched", booking, facts), 0);
  }

  private bookingOf(movement: Movement): Booking {
    const { payment, eventMs } = movement;
    const due = this.parts.dates.due(payment.type, payment.currency, eventMs);
    return { movement, due, minor: BigInt(payment.amountMinor) };
  }

  private fits(kind: Kind, { movement: { payment }, due, minor }: Booking): boolean {
    if (payment.steps.at(-1)?.status !== "SETTLED") return false;
    const { dates, until } = this.parts;
    switch (kind) {
      case "amount_over":
      case "amount_under":
      case "within_tolerance":
        return minor >= DIFFERENCE_FROM_MINOR;
      case "exponent":
        return minor >= SPLIT_FROM_MINOR;
      case "split":
      case "split_incomplete":
        return minor >= DIFFERENCE_FROM_MINOR;
      case "reference_mismatch":
      case "no_reference":
        // Found by name and amount only, so the statement must have names.
        return accountOf(payment.currency).dialect !== "free";
      case "returned":
        return dates.later(due, 1) <= until;
      case "late":
        return due.expectedBy !== null && dates.later(due, LATE_BUSINESS_DAYS) <= until;
      default:
        return true;
    }
  }

  private plant(kind: Kind, booking: Booking): void {
    const { tally } = this.parts;
    const { payment } = booking.movement;
    const tell = (name: BreakKind, facts: Partial<PlantedBreak>) => tally.break(this.planted(name, booking, facts));
    const amount = (name: BreakKind, found: bigint) => {
      const told = this.put(booking, { signedMinor: found });
      tell(name, { ...told, field: "amount", expected: String(booking.minor), found: String(found) });
    };
    switch (kind) {
      case "missing_external":
        tell(kind, {});
        return;
      case "missing_internal":
        this.put(booking, {});
        this.bookUnknown(booking);
        return;
      case "amount_over":
        amount(kind, booking.minor + booking.minor / 5n);
        return;
      case "amount_under":
        amount(kind, booking.minor - booking.minor / 5n);
        return;
      case "exponent":
        amount(kind, booking.minor * 10n ** BigInt(1 + (this.picker.random(1) % 3)));
        return;
      case "direction":
        amount(kind, -booking.minor);
        return;
      case "currency": {
        const found = payment.currency === "USD" ? "EUR" : "USD";
        const told = this.put(booking, {}, false, { currency: found });
        const account = accountOf(found).slug;
        tell(kind, { ...told, account, field: "currency", expected: payment.currency, found });
        return;
      }
      case "duplicate_external":
        this.put(booking, {});
        tell(kind, this.put(booking, {}));
        return;
      case "reference_mismatch": {
        // No id ends with a full stop, so the wrong reference is nobody else's.
        const found = `${payment.reference.slice(0, -1)}.`;
        const told = this.put(booking, { reference: found, shortReference: `${payment.id.slice(0, -1)}.` });
        tell(kind, { ...told, field: "reference", expected: payment.reference, found });
        return;
      }
      case "split_incomplete": {
        const parts = [(booking.minor * 2n) / 5n, (booking.minor * 3n) / 10n] as const;
        this.put(booking, { signedMinor: parts[0], text: "Part 1 of 3" });
        const told = this.put(booking, { signedMinor: parts[1], text: "Part 2 of 3" });
        const found = String(parts[0] + parts[1]);
        tell(kind, { ...told, field: "amount", expected: String(booking.minor), found });
        return;
      }
      case "returned":
        this.plantReturn(booking);
        return;
      case "late": {
        const date = this.parts.dates.later(booking.due, LATE_BUSINESS_DAYS);
        const told = this.put(booking, {}, false, { date });
        tell(kind, { ...told, field: "date", expected: booking.due.date, found: date });
        return;
      }
      default:
        this.plantMatch(kind, booking);
    }
  }

  private plantMatch(kind: MatchKind, booking: Booking): void {
    const { minor, movement } = booking;
    const { payment } = movement;
    const file = (() => {
      switch (kind) {
        case "within_tolerance":
          return this.put(booking, { signedMinor: minor + 1n }).file;
        case "no_reference":
          return this.put(booking, { reference: null, shortReference: null }).file;
        case "split":
          this.put(booking, { signedMinor: (minor * 2n) / 5n, text: "Part 1 of 2" });
          return this.put(booking, { signedMinor: minor - (minor * 2n) / 5n, text: "Part 2 of 2" }).file;
      }
    })();
    this.parts.tally.nearBreak(kind, payment.id, accountOf(payment.currency).slug, file, booking.due.date);
  }

  /** The bank took it back; our side has not heard. */
  private plantReturn(booking: Booking): void {
    const { dates, tally } = this.parts;
    this.put(booking, {});
    const date = dates.later(booking.due, 1);
    const { payment } = booking.movement;
    const told = this.bookReturn(booking.movement, date, payment.reference, payment.id);
    tally.break(
      this.planted("returned", booking, { ...told, date, field: "status", expected: "SETTLED", found: "RETURNED" }),
    );
  }

  /** Two payments that are one (the same reference), or that nobody can tell apart (no reference on either line). */
  private twin(booking: Booking): void {
    const { tally } = this.parts;
    const { payment } = booking.movement;
    const { twin } = payment;
    if (twin === null) return;
    const first = this.twins.get(twin.pair);
    this.twins.delete(twin.pair);
    if (twin.kind === "duplicate_internal") {
      if (first === undefined) this.twins.set(twin.pair, { booking, ...this.put(booking, {}) });
      else {
        const { file, line } = first;
        const other = first.booking.movement.payment.id;
        tally.break(this.planted(twin.kind, booking, { file, line, other }));
      }
      return;
    }
    const told = this.put(booking, { reference: null, shortReference: null });
    if (first === undefined) {
      this.twins.set(twin.pair, { booking, ...told });
      return;
    }
    const ids = [first.booking.movement.payment.id, payment.id] as const;
    const { file, line } = first;
    tally.break(this.planted(twin.kind, first.booking, { file, line, other: ids[1] }));
    tally.break(this.planted(twin.kind, booking, { ...told, other: ids[0] }));
  }

  /** A line for a payment nobody made, beside one that is as it should be. */
  private bookUnknown(booking: Booking): void {
    const { picker } = this;
    const reference = this.unknownReference();
    const party = `${GIVEN_NAMES_F[picker.random(3) % GIVEN_NAMES_F.length]} ${FAMILY_NAMES[picker.random(4) % FAMILY_NAMES.length]}`;
    const signedMinor = DIFFERENCE_FROM_MINOR + BigInt(picker.random(5) % 1_000_000);
    const told = this.put(booking, {
      reference,
      shortReference: reference,
      party,
      partyAccount: null,
      signedMinor,
    });
    const facts = { ...told, transaction: null, reference, expectedBy: null, amountMinor: String(signedMinor) };
    this.parts.tally.break(this.planted("missing_internal", booking, facts), 0);
  }

  private unknownReference(): string {
    return `EXT${this.parts.numbers.bankReference()}`;
  }

  /** Books what a payment is meant to look like, changed as given. */
  private put(
    { movement: { payment }, due }: Booking,
    change: Partial<BankLine>,
    batched = false,
    place: { readonly currency?: string; readonly date?: BusinessDate } = {},
  ): { readonly file: string; readonly line: string } {
    const line: BankLine = {
      bankReference: this.parts.numbers.bankReference(),
      reference: payment.reference,
      shortReference: payment.id,
      signedMinor: BigInt(payment.amountMinor),
      kind: payment.type,
      reversal: false,
      returnCode: null,
      party: payment.originator,
      partyAccount: payment.originatorAccount,
      text: payment.merchant === null ? "Payment received" : `Payment to ${payment.merchant.name}`,
      ...change,
    };
    const file = this.parts.book.bank(place.currency ?? payment.currency, place.date ?? due.date, line, batched);
    return { file, line: line.bankReference };
  }

  /** US direct debits and ACH payments come back in a file of returns, others as a reversal on the statement. */
  private bookReturn(movement: Movement, date: BusinessDate, reference: string, individualId: string) {
    const { payment, step } = movement;
    const { book, numbers } = this.parts;
    const code = step.returnCode ?? "AC04";
    if (isAch(payment)) {
      const trace = returnTraceOf(numbers.trace());
      const file = book.ach(date, {
        code: ACH_CODES[code] ?? code,
        amountMinor: BigInt(payment.amountMinor),
        originalTrace: originalTraceOf(hashText(payment.id)),
        trace,
        individualId,
        name: payment.originator,
        account: payment.originatorAccount,
      });
      return { account: "ach-returns", file, line: trace };
    }
    const line: BankLine = {
      bankReference: numbers.bankReference(),
      reference,
      shortReference: individualId,
      signedMinor: -BigInt(payment.amountMinor),
      kind: payment.type,
      reversal: true,
      returnCode: code,
      party: payment.originator,
      partyAccount: payment.originatorAccount,
      text: "Return of a payment",
    };
    const account = accountOf(payment.currency).slug;
    return { account, file: book.bank(payment.currency, date, line, false), line: line.bankReference };
  }

  private planted(
    name: BreakKind,
    { movement: { payment }, due, minor }: Booking,
    facts: Partial<PlantedBreak>,
  ): Omit<PlantedBreak, "kind"> {
    return {
      name,
      transaction: payment.id,
      other: null,
      reference: payment.reference,
      account: accountOf(payment.currency).slug,
      file: null,
      line: null,
      date: due.date,
      expectedBy: due.expectedBy,
      currency: payment.currency,
      amountMinor: String(minor),
      field: null,
      expected: null,
      found: null,
      ...facts,
    };
  }
}

const isAch = ({ currency, type }: Payment): boolean =>
  currency === "USD" && (type === "ACH" || type === "DIRECT_DEBIT");

import type { BusinessDate } from "../../domain/time";
import type { Step } from "../lifecycle";
import type { Payment } from "../payment";
import type { PspName } from "./accounts";
import type { AchReturn, BankLine, PspLine } from "./lines";

/** An event after which money has moved, or must not have. */
export interface Movement {
  readonly payment: Payment;
  readonly step: Step;
  readonly eventMs: number;
}

/** Where planned lines go. */
export interface Book {
  /** Batched lines make one entry at the end of their statement. Answers with the name of the statement's file. */
  bank(currency: string, date: BusinessDate, line: BankLine, batched: boolean): string;
  psp(psp: PspName, currency: string, date: BusinessDate, line: PspLine): string;
  ach(date: BusinessDate, entry: AchReturn): string;
}

/** Numbers that every booking gets its names from; the same run always gives the same ones. */
export class Numbers {
  private bookings = 0;
  private rows = 0;
  private traces: number;

  /** `prefix` keeps the bookings of one run apart from another's, where their statements are of the same accounts. */
  constructor(
    private readonly run: string,
    private readonly prefix = "",
    firstTrace = 0,
  ) {
    this.traces = firstTrace;
  }

  bankReference(): string {
    return `B${this.prefix}${(++this.bookings).toString(36)}`.toUpperCase();
  }

  pspRow(): string {
    return `${this.run}r${(++this.rows).toString(36)}`;
  }

  trace(): number {
    return ++this.traces;
  }
}

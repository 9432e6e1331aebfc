import type { BusinessDate } from "../../domain/time";
import { type MatchKind, STAGE_OF } from "./kinds";
import type { MoneyTruth, MovementBalance, PlantedBreak } from "./truth-of-money";

export type Tell = (line: MoneyTruth) => void;

/** Tells what is planted, and counts what becomes of every movement of money. */
export class Tally {
  private moved = 0;
  private near = 0;
  private broken = 0;
  private inFlight = 0;

  constructor(private readonly tell: Tell) {}

  movement(): void {
    this.moved++;
  }

  notYetDue(): void {
    this.inFlight++;
  }

  /** A movement that is a break. `movements` is 0 where our side knows of none. */
  break(planted: Omit<PlantedBreak, "kind">, movements: 0 | 1 = 1): void {
    this.broken += movements;
    this.tell({ kind: "break", ...planted });
  }

  nearBreak(name: MatchKind, transaction: string, account: string, file: string, date: BusinessDate): void {
    this.near++;
    this.tell({ kind: "near_break", name, stage: STAGE_OF[name], transaction, account, file, date });
  }

  balance(until: BusinessDate): MovementBalance {
    const { moved, near, broken, inFlight } = this;
    return { kind: "movements", until, moved, clean: moved - near - broken - inFlight, near, broken, inFlight };
  }
}

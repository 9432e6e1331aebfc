import type { BusinessDate } from "../../domain/time";
import type { SimulationOptions } from "../options";
import { hashText } from "../prng";
import { ALWAYS } from "./deliveries";
import { DueDates } from "./due-dates";
import type { LiveBooks } from "./live-books";
import { Numbers } from "./movement";
import { createPlanners } from "./planners";
import { Tally } from "./tally";
import type { StatementWriter } from "./writer";

/** Traces of a run begin here times its number, so that no two runs' returns are alike. */
const TRACES_PER_RUN = 20_000;

export interface LiveWriterOptions {
  readonly options: SimulationOptions;
  readonly books: LiveBooks;
  /** Counts the runs of one company; keeps their bookings apart. */
  readonly runNumber: number;
  readonly rateSeed: number;
}

/** Books what banks and processors will say of a run's payments; the statements are delivered day by day (`deliverDay`). */
export function createLiveWriter({ options, books, runNumber, rateSeed }: LiveWriterOptions): StatementWriter {
  const tally = new Tally(books.tell);
  const moved = createPlanners({
    seed: hashText(`${options.seed}/${options.run}/statements`),
    rateSeed,
    rate: options.breakRate,
    until: ALWAYS,
    dates: new DueDates(),
    numbers: new Numbers(options.run, runNumber.toString(36).padStart(3, "0"), runNumber * TRACES_PER_RUN),
    book: books,
    tally,
  });
  return {
    moved,
    // The books are written with the files of events.
    relieve: async () => undefined,
    finish: async () => ({ ...tally.balance(ALWAYS as BusinessDate), files: 0 }),
    abandon: async () => undefined,
  };
}

export const rateSeedOf = (seed: string): number => hashText(`${seed}/rates`);

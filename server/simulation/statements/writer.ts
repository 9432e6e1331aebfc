import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import { type BusinessDate, businessDate, dayNumber } from "../../domain/time";
import type { Step } from "../lifecycle";
import { BATCH_FROM, type SimulationOptions } from "../options";
import type { Payment } from "../payment";
import { hashText } from "../prng";
import type { PlannerParts } from "./bank-planner";
import { DueDates } from "./due-dates";
import { Ledger } from "./ledger";
import { Numbers } from "./movement";
import { createPlanners } from "./planners";
import { type Meant, Publisher } from "./publish";
import { Spool } from "./spool";
import { Tally, type Tell } from "./tally";
import { writeTerms } from "./terms-files";
import type { MovementBalance } from "./truth-of-money";

const DAY_MS = 86_400_000;

export interface StatementsSummary extends MovementBalance {
  readonly files: number;
}

/** Makes bank and processor statements of the payments it is told of, and writes them when all are known. */
export interface StatementWriter {
  moved(payment: Payment, step: Step, eventMs: number): void;
  /** Awaited between the generator's turns; keeps memory bounded. */
  relieve(): Promise<void>;
  /** Writes every statement and tells the truth of each. */
  finish(): Promise<StatementsSummary>;
  /** After a failure: nothing unfinished stays behind. */
  abandon(): Promise<void>;
}

export interface StatementWriterOptions {
  /** Created where it is missing; the statements, and a folder `terms` (`writeTerms`). */
  readonly directory: string;
  readonly options: SimulationOptions;
  readonly tell: Tell;
  readonly onEntry?: (meant: Meant) => void;
}

/** Throws code `output_unwritable`. */
export async function openStatementWriter(given: StatementWriterOptions): Promise<StatementWriter> {
  const { directory, options, tell, onEntry } = given;
  const spool = new Spool(join(directory, ".spool"));
  await guarded(directory, async () => {
    await mkdir(join(directory, "terms"), { recursive: true });
    await spool.open();
  });
  const ledger = new Ledger(spool);
  const tally = new Tally(tell);
  const numbers = new Numbers(options.run);
  const { first, until } = periodOf(options);
  const seed = hashText(`${options.seed}/${options.run}/statements`);
  const parts: PlannerParts = {
    seed,
    rateSeed: seed,
    rate: options.breakRate,
    until,
    dates: new DueDates(),
    numbers,
    book: ledger,
    tally,
  };
  return {
    moved: createPlanners(parts),
    relieve: () => guarded(directory, () => spool.relieve()),
    finish: () =>
      guarded(directory, async () => {
        await spool.flush(0);
        const publisher = new Publisher({
          ...{ directory, run: options.run, dates: parts.dates, until, ledger, numbers, tally, tell },
          ...(onEntry === undefined ? {} : { onEntry }),
        });
        await publisher.all(() => spool.flush(0));
        await writeTerms(join(directory, "terms"), seed, first, until);
        await spool.remove();
        const balance = tally.balance(until);
        tell(balance);
        return { ...balance, files: publisher.files };
      }),
    abandon: () => rm(join(directory, ".spool"), { recursive: true, force: true }),
  };
}

/** From the first day of events to the last day of statements. */
function periodOf({ fromMs, days, statementDays }: SimulationOptions): { first: BusinessDate; until: BusinessDate } {
  const first = businessDate(Math.floor((fromMs ?? BATCH_FROM) / DAY_MS));
  const last = Math.ceil(((fromMs ?? BATCH_FROM) + days * DAY_MS) / DAY_MS) - 1;
  return { first, until: addDays(first, last - dayNumber(first) + statementDays) };
}

async function guarded<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause instanceof ConcordanceError) throw cause;
    throw new ConcordanceError({
      kind: "unavailable",
      code: "output_unwritable",
      message: `Could not write statements to ${directory}: ${cause.message}.`,
      remedy: "Check the folder's permissions and its disk's free space, then run again.",
      at: { directory },
      cause,
    });
  }
}

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { addDays, isBusinessDay } from "../../server/domain/calendar/business-days";
import { CALENDARS } from "../../server/domain/calendar/calendars";
import { type BusinessDate, dayNumber } from "../../server/domain/time";
import type { ObjectStore } from "../../server/lake/store/store";
import type { Logger } from "../../server/observability/log";
import { pause } from "../../server/pipeline/pause";
import { resolveOptions, type SimulationOptions } from "../../server/simulation/options";
import { runSimulation } from "../../server/simulation/run";
import { createLakeSink } from "../../server/simulation/sinks/lake";
import { deliverDay } from "../../server/simulation/statements/deliveries";
import { daysUpTo, forgetDay, LiveBooks, openBooks, recoverBooks } from "../../server/simulation/statements/live-books";
import { createLiveWriter, rateSeedOf } from "../../server/simulation/statements/live-writer";
import { ratesCsv } from "../../server/simulation/statements/terms-files";
import { openTruthWriter } from "../../server/simulation/truth-writer";

const DAY_MS = 86_400_000;
/** A day of New York ends at 05:00 UTC; a little later every bank has told of it. */
const DELIVERED_AFTER_MS = 5 * 3_600_000 + 5 * 60_000;
const LOOK_EVERY_MS = 1_000;
const HISTORY_BREAK_RATE = 0.03;
const DateText = z.custom<BusinessDate>((value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value));

const History = z.object({ run: z.string(), fromMs: z.number(), days: z.number(), events: z.number() });

/** What the company of a data directory has done so far. */
const State = z.object({
  seed: z.string(),
  first: DateText,
  /** The closed days it began with; null for none. */
  history: History.nullable(),
  historyDone: z.boolean(),
  runs: z.number(),
  /** Seconds since the epoch by which the last run is called. */
  lastRunSeconds: z.number(),
  /** The last day statements were delivered of. */
  through: DateText.nullable(),
  publisher: z
    .object({
      payouts: z.number(),
      batches: z.number(),
      deliveries: z.record(z.string(), z.number()),
      accounts: z.record(z.string(), z.object({ sequence: z.number(), closingMinor: z.string() })),
    })
    .nullable(),
});
type State = z.infer<typeof State>;

export interface CompanyOptions {
  readonly store: ObjectStore;
  /** The data directory: books are in `simulator/`, the ground truth in `truth/`. */
  readonly data: string;
  readonly seed: string;
  readonly tps: number;
  /** Business days written before the present when there is nothing yet; 0 for none. */
  readonly historyDays: number;
  readonly historyEvents: number;
  readonly log: Logger;
  readonly nowMs?: () => number;
  readonly more?: Partial<SimulationOptions>;
}

/** The simulated company of one data directory: its closed days, its books, and the statements delivered as days end. */
export interface Company {
  /** Writes the closed days it begins with, where they are not there yet. */
  begin(signal: AbortSignal): Promise<void>;
  /** What a live run needs to be part of it. */
  newRun(): Promise<{ run: string; books: LiveBooks; runNumber: number; rateSeed: number; customers: number }>;
  /** Delivers each day's statements when it has ended, until the signal is aborted. */
  deliver(books: LiveBooks, signal: AbortSignal): Promise<void>;
  /** Delivers what is due now. */
  deliverDue(books: LiveBooks, signal: AbortSignal): Promise<void>;
  status(): { readonly deliveredThrough: string | null; readonly first: string };
}

export async function openCompany(options: CompanyOptions): Promise<Company> {
  const directory = join(options.data, "simulator");
  await mkdir(directory, { recursive: true });
  const state = (await readState(directory)) ?? (await firstState(options));
  await writeState(directory, state);
  return new OpenCompany(options, directory, state);
}

class OpenCompany implements Company {
  private readonly books: string;
  private readonly truth: string;
  private readonly nowMs: () => number;
  private ratesUntil: BusinessDate | null = null;

  constructor(
    private readonly options: CompanyOptions,
    private readonly directory: string,
    private state: State,
  ) {
    this.books = join(directory, "books");
    this.truth = join(options.data, "truth");
    this.nowMs = options.nowMs ?? Date.now;
  }

  status() {
    return { deliveredThrough: this.state.through, first: this.state.first };
  }

  async begin(signal: AbortSignal): Promise<void> {
    const { store, log } = this.options;
    const { history, historyDone } = this.state;
    await mkdir(this.truth, { recursive: true });
    await this.putRates();
    if (history === null || historyDone) {
      await openBooks(this.books, false);
      await recoverBooks(this.books, store);
      return;
    }
    // Broken off, it is written again from the beginning: the same files, which are recognised where they have been read.
    await openBooks(this.books, true);
    await this.save({ through: null, publisher: null });
    const { run, fromMs, days, events } = history;
    await rm(join(this.truth, `truth-money-${run}.ndjson`), { force: true });
    const books = this.booksOf(run, true);
    await runSimulation({
      options: { ...this.base(), ...this.options.more, run, fromMs, days, events, breakRate: HISTORY_BREAK_RATE },
      sink: async () => {
        const sink = createLakeSink({ store, run, fileEveryMs: null, signal });
        // Statements first: who sees the events of a closed day sees that its statements wait to be taken.
        const close = async (complete: boolean) => {
          await books.flush();
          if (complete && !signal.aborted) await this.deliverDue(books, signal);
          await sink.close(complete);
        };
        return { ...sink, close };
      },
      truth: () => openTruthWriter(join(this.truth, `truth-${run}.ndjson`)),
      statements: async (resolved) =>
        createLiveWriter({ options: resolved, books, runNumber: 0, rateSeed: rateSeedOf(this.options.seed) }),
      signal,
    });
    if (signal.aborted) return;
    await this.save({ historyDone: true });
    log.info({ run, days, events }, "closed days are written");
  }

  async newRun() {
    const lastRunSeconds = Math.max(Math.floor(this.nowMs() / 1_000), this.state.lastRunSeconds + 1);
    await this.save({ lastRunSeconds, runs: this.state.runs + 1 });
    const run = `r${lastRunSeconds.toString(36)}`;
    const { customers } = this.base();
    return {
      ...{ run, runNumber: this.state.runs, rateSeed: rateSeedOf(this.options.seed), customers },
      books: this.booksOf(run, false),
    };
  }

  async deliver(books: LiveBooks, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.deliverDue(books, signal);
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  async deliverDue(books: LiveBooks, signal: AbortSignal): Promise<void> {
    await this.putRates();
    const due = dateOf(this.nowMs() - DAY_MS - DELIVERED_AFTER_MS);
    if (this.state.through !== null && due <= this.state.through) return;
    await books.advance(addDays(due, 1), signal);
    for (const date of await daysUpTo(this.books, due)) {
      if (signal.aborted) return;
      const { store } = this.options;
      const from = this.state.publisher;
      const publisher = await deliverDay({ directory: this.books, date, store, truthDirectory: this.truth, from });
      await this.save({ publisher, through: date });
      await forgetDay(this.books, date);
      this.options.log.info({ date }, "statements of the day are delivered");
    }
    await this.save({ through: due });
  }

  /** Rates of today are known today. */
  private async putRates(): Promise<void> {
    const until = dateOf(this.nowMs());
    if (this.ratesUntil === until) return;
    const csv = ratesCsv(rateSeedOf(this.options.seed), addDays(this.state.first, -1), until);
    await this.options.store.put("reference/fx_rates.csv", Buffer.from(csv));
    this.ratesUntil = until;
  }

  private booksOf(run: string, anew: boolean): LiveBooks {
    const { through } = this.state;
    const openFrom = through === null || anew ? addDays(this.state.first, -7) : addDays(through, 1);
    return new LiveBooks(this.books, join("..", "..", "truth", `truth-money-${run}.ndjson`), openFrom);
  }

  /** One world for closed days and live ones. */
  private base(): { seed: string; customers: number } {
    const { seed, tps, more } = this.options;
    return { seed, customers: more?.customers ?? resolveOptions({ seed, tps }, 0).customers };
  }

  private async save(change: Partial<State>): Promise<void> {
    this.state = { ...this.state, ...change };
    await writeState(this.directory, this.state);
  }
}

const dateOf = (ms: number): BusinessDate => new Date(ms).toISOString().slice(0, 10) as BusinessDate;
const statePath = (directory: string) => join(directory, "state.json");

async function readState(directory: string): Promise<State | null> {
  const text = await readFile(statePath(directory), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : State.parse(JSON.parse(text));
}

async function writeState(directory: string, state: State): Promise<void> {
  const path = statePath(directory);
  await writeFile(`${path}.part`, JSON.stringify(state, null, 2));
  await rename(`${path}.part`, path);
}

/** Closed days are for an empty lake: where a simulator has been at work already there are none. */
async function firstState({
  data,
  seed,
  historyDays,
  historyEvents,
  nowMs = Date.now,
}: CompanyOptions): Promise<State> {
  const today = dateOf(nowMs());
  const worked = (await readdir(join(data, "truth")).catch(() => [])).length > 0;
  let first = today;
  for (let weekdays = 0; weekdays < (worked ? 0 : historyDays); ) {
    first = addDays(first, -1);
    if (isBusinessDay(CALENDARS.weekends, first)) weekdays++;
  }
  const days = dayNumber(today) - dayNumber(first);
  const history =
    days === 0
      ? null
      : {
          run: `h${dayNumber(first).toString(36)}`,
          fromMs: dayNumber(first) * DAY_MS,
          days,
          events: days * historyEvents,
        };
  const none = { runs: 0, lastRunSeconds: 0, through: null, publisher: null };
  return { seed, first, history, historyDone: history === null, ...none };
}

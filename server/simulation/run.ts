import { BATCH_EPISODES, pacedEpisodes } from "./episodes";
import { Generator } from "./generator";
import { COMPRESSED, NATURAL } from "./lifecycle";
import { BATCH_FROM, resolveOptions, type SimulationOptions } from "./options";
import type { SimulationSink } from "./sinks/sink";
import type { StatementsSummary, StatementWriter } from "./statements/writer";
import type { StreamBalance } from "./truth";
import type { TruthWriter } from "./truth-writer";
import { World } from "./world";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const TICK_MS = 50;
/** What a late tick may still put into one slice; the rest is caught up at no more than twice the pace. */
const SLICE_MS_MAX = 100;
/** A run as fast as it can hands over no fewer at once. */
const BATCH_DRAIN_RECORDS = 10_000;
const TRUTH_EVERY_MS = 1_000;
const BALANCE_EVERY_MS = 5_000;
/** Customers listed with their KYC fields; the others are real, but nobody has filed them. */
const CUSTOMERS_FILED_MAX = 25_000;
/** From this speed on the clock runs fast enough for lives of hours and days. */
const NATURAL_FROM_SPEED = 60;

export interface SimulationProgress {
  readonly records: number;
  readonly signals: number;
  readonly seconds: number;
  /** How far a paced run is behind its pace, milliseconds; above zero it says so. */
  readonly behindMs: number;
}

export interface SimulationRequest {
  readonly options: Partial<SimulationOptions>;
  readonly sink: SimulationSink | ((options: SimulationOptions) => Promise<SimulationSink>);
  readonly truth: TruthWriter | ((options: SimulationOptions) => Promise<TruthWriter>);
  /** Writes the statements beside the events; asked for by the option `statements`. */
  readonly statements?: (options: SimulationOptions, truth: TruthWriter) => Promise<StatementWriter>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: SimulationProgress) => void;
}

export interface SimulationSummary {
  readonly run: string;
  readonly seconds: number;
  readonly behindMsMax: number;
  readonly transactions: StreamBalance;
  readonly signals: StreamBalance;
  /** Null for a run without statements. */
  readonly statements: StatementsSummary | null;
}

interface Running {
  readonly options: SimulationOptions;
  readonly generator: Generator;
  readonly truth: TruthWriter;
  readonly signal: AbortSignal;
  /** Hands what the generator wrote to the sink, once it is that many records. */
  drain(recordsMin: number): Promise<void>;
  progress(behindMs: number): void;
}

/**
 * Writes a synthetic payment world and its ground truth. Without `tps` it is a function of its options: the same seed
 * gives the same bytes. With `tps` it keeps that pace until `events` are written or the signal is aborted.
 * Throws code `bad_simulation` on wrong options and what the sink throws.
 */
export async function runSimulation(request: SimulationRequest): Promise<SimulationSummary> {
  const startedMs = Date.now();
  const options = resolveOptions({ ...request.options, statements: request.statements !== undefined }, startedMs);
  const world = new World(options);
  const truth = typeof request.truth === "function" ? await request.truth(options) : request.truth;
  try {
    const sink = typeof request.sink === "function" ? await request.sink(options) : request.sink;
    let complete = false;
    let statements: StatementWriter | null = null;
    try {
      statements = (await request.statements?.(options, truth)) ?? null;
      const summary = await write({ request, options, world, truth, sink, statements, startedMs });
      complete = true;
      return summary;
    } finally {
      if (!complete) await statements?.abandon();
      await sink.close(complete);
    }
  } finally {
    await truth.close();
  }
}

interface Opened {
  readonly request: SimulationRequest;
  readonly options: SimulationOptions;
  readonly world: World;
  readonly truth: TruthWriter;
  readonly sink: SimulationSink;
  readonly statements: StatementWriter | null;
  readonly startedMs: number;
}

async function write({
  request,
  options,
  world,
  truth,
  sink,
  statements,
  startedMs,
}: Opened): Promise<SimulationSummary> {
  truth.add({ kind: "run", run: options.run, seed: options.seed, options });
  await sink.reference({
    merchants: world.merchantsCsv(),
    fee_plans: world.feePlansCsv(),
    customers: world.customersCsv(CUSTOMERS_FILED_MAX),
    stolen_cards: world.stolenCardsCsv(),
  });
  const buffers = new Buffers();
  const paced = options.tps !== null;
  const generator = new Generator({
    world,
    options,
    timing: paced && options.speed < NATURAL_FROM_SPEED ? COMPRESSED : NATURAL,
    pace: options.tps === null ? BATCH_EPISODES : pacedEpisodes(options.tps),
    startMs: options.fromMs ?? (paced ? startedMs : BATCH_FROM),
    realClock: paced ? () => performance.now() : null,
    output: {
      transaction: (record, key) => buffers.transactions.push(record, key),
      signal: (record, key) => buffers.signals.push(record, key),
      truth: truth.add,
      ...(statements === null ? {} : { moved: statements.moved }),
    },
  });
  const running: Running = {
    options,
    generator,
    truth,
    signal: request.signal,
    drain: async (recordsMin) => {
      await buffers.drain(sink, recordsMin);
      await statements?.relieve();
    },
    progress: (behindMs) => {
      const signals = generator.signals.balance().in;
      const seconds = (Date.now() - startedMs) / 1_000;
      request.onProgress?.({ records: generator.records, signals, seconds, behindMs });
    },
  };
  const behindMsMax = paced ? await runPaced(running) : await runBatch(running);
  await running.drain(0);
  const statementsSummary = (await statements?.finish()) ?? null;
  tellBalance(running);
  running.progress(0);
  const seconds = (Date.now() - startedMs) / 1_000;
  const [transactions, signals] = [generator.transactions.balance(), generator.signals.balance()];
  return { run: options.run, seconds, behindMsMax, transactions, signals, statements: statementsSummary };
}

/** Minute by minute of simulated time, as many records as the hour of the day deserves. */
async function runBatch({ options, generator, truth, signal, drain, progress }: Running): Promise<number> {
  const fromMs = options.fromMs ?? BATCH_FROM;
  const slices = (options.days * DAY_MS) / MINUTE_MS;
  const weights = Array.from({ length: slices }, (_, index) => rhythm(fromMs + index * MINUTE_MS));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const events = options.events ?? 0;
  let passed = 0;
  for (const [index, weight] of weights.entries()) {
    if (signal.aborted) return 0;
    passed += weight;
    const until = index === slices - 1 ? events : Math.floor((events * passed) / total);
    const sliceMs = fromMs + index * MINUTE_MS;
    generator.slice(sliceMs, sliceMs + MINUTE_MS, until - generator.records);
    await drain(BATCH_DRAIN_RECORDS);
    if (index % 60 !== 59) continue;
    await truth.flush();
    progress(0);
  }
  return 0;
}

/** Returns the furthest it fell behind, milliseconds. */
async function runPaced({ options, generator, truth, signal, drain, progress }: Running): Promise<number> {
  const tps = options.tps ?? 1;
  const startReal = performance.now();
  const startMs = options.fromMs ?? Date.now();
  const simulated = (real: number) => startMs + (real - startReal) * options.speed;
  if (options.speed < NATURAL_FROM_SPEED) generator.prelude(startMs);
  const offset = generator.records;
  const end = options.events ?? Number.POSITIVE_INFINITY;
  let [last, behindMsMax, truthAt, balanceAt] = [startReal, 0, startReal, startReal];
  while (!signal.aborted && generator.records - offset < end) {
    await pause(TICK_MS, signal);
    const now = performance.now();
    const owed = Math.floor((tps * (now - startReal)) / 1_000) - (generator.records - offset);
    const most = Math.ceil((2 * tps * SLICE_MS_MAX) / 1_000);
    const budget = Math.min(owed, most, end - (generator.records - offset));
    generator.slice(simulated(Math.max(last, now - SLICE_MS_MAX)), simulated(now), budget);
    last = now;
    await drain(0);
    const behindMs = Math.max(0, ((owed - budget) * 1_000) / tps);
    behindMsMax = Math.max(behindMsMax, behindMs);
    if (now - truthAt < TRUTH_EVERY_MS) continue;
    truthAt = now;
    if (now - balanceAt >= BALANCE_EVERY_MS) {
      balanceAt = now;
      tellBalance({ generator, truth, options });
    }
    await truth.flush();
    progress(behindMs);
  }
  return behindMsMax;
}

function tellBalance({ generator, truth, options }: Pick<Running, "generator" | "truth" | "options">): void {
  const atMs = options.tps === null ? (options.fromMs ?? BATCH_FROM) + options.days * DAY_MS : Date.now();
  truth.add({
    kind: "balance",
    at: new Date(atMs).toISOString(),
    transactions: generator.transactions.balance(),
    signals: generator.signals.balance(),
  });
}

/** People sleep, buy at noon and in the evening, and a little less at the week-end. */
function rhythm(ms: number): number {
  const hour = (ms % DAY_MS) / 3_600_000;
  const hump = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2));
  const weekend = [0, 6].includes(new Date(ms).getUTCDay());
  return (0.15 + 0.8 * hump(12.5, 3) + hump(18.5, 2.5)) * (weekend ? 0.85 : 1);
}

class Stream {
  values: (string | Uint8Array)[] = [];
  keys: (string | null)[] = [];

  push(value: string | Uint8Array, key: string | null): void {
    this.values.push(value);
    this.keys.push(key);
  }

  take() {
    const taken = { values: this.values, keys: this.keys };
    this.values = [];
    this.keys = [];
    return taken;
  }
}

class Buffers {
  readonly transactions = new Stream();
  readonly signals = new Stream();

  async drain(sink: SimulationSink, recordsMin: number): Promise<void> {
    if (this.transactions.values.length >= recordsMin) await sink.write(this.transactions.take(), this.signals.take());
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

import { ConcordanceError } from "../domain/errors";
import { EVENTS_PER_PAYMENT } from "./lifecycle";
import { hashText } from "./prng";

export const KEY_STRATEGIES = ["customer", "payment", "type", "none"] as const;
export type KeyStrategy = (typeof KEY_STRATEGIES)[number];

export interface SimulationOptions {
  readonly seed: string;
  /** Records of the transaction stream to write; null runs until stopped (paced runs only). */
  readonly events: number | null;
  /** Records of the transaction stream per second of real time; null writes as fast as it can. */
  readonly tps: number | null;
  /** Simulated time per real time in a paced run. */
  readonly speed: number;
  /** Where simulated time begins, milliseconds since the epoch; null is the present in a paced run, BATCH_FROM otherwise. */
  readonly fromMs: number | null;
  /** Days over which a run as fast as it can spreads its events. */
  readonly days: number;
  readonly customers: number;
  readonly merchants: number;
  readonly zipf: number;
  /** Share of cards on the stolen list. */
  readonly stolenRate: number;
  /** Share of card payments at which a stolen card comes into use. */
  readonly stolenUse: number;
  readonly duplicateRate: number;
  readonly lateRate: number;
  readonly malformedRate: number;
  /** Fraud signals per payment. */
  readonly signalRate: number;
  /** Share of signals that come before their transaction. */
  readonly signalFirstRate: number;
  /** What Kafka messages are keyed by. */
  readonly key: KeyStrategy;
  /** Begins every id, so that runs do not repeat each other's. */
  readonly run: string;
  /** Share of all records that one merchant, the first, is given; null leaves it to the Zipf law. */
  readonly skew: number | null;
  /** Statements are written beside the events; a few payments then have a twin that a reconciliation must notice. */
  readonly statements: boolean;
  /** Days of statements after the last day of events; what settles later is in flight. */
  readonly statementDays: number;
  /** Share of movements of money that are planted wrong in the statements. */
  readonly breakRate: number;
}

/** Monday 2025-03-03, UTC: where a run begins that is not told when. */
export const BATCH_FROM = Date.UTC(2025, 2, 3);
/** Payments of one customer a day, on average: few enough that velocity and acceleration are exceptions. */
const PAYMENTS_PER_CUSTOMER_DAY = 1.5;
const CUSTOMERS_MIN = 20_000;
const CUSTOMERS_MAX = 2_000_000;
const SECONDS_PER_DAY = 86_400;

/** Fills in defaults and checks. Throws code `bad_simulation` with every fault listed. */
export function resolveOptions(given: Partial<SimulationOptions>, nowMs: number): SimulationOptions {
  const seed = given.seed ?? "1";
  const tps = given.tps ?? null;
  const days = given.days ?? 1;
  const events = given.events ?? null;
  const perDay = tps === null ? (events ?? 0) / Math.max(days, 1) : tps * SECONDS_PER_DAY;
  const wanted = Math.round(perDay / EVENTS_PER_PAYMENT / PAYMENTS_PER_CUSTOMER_DAY);
  const options: SimulationOptions = {
    seed,
    events,
    tps,
    speed: given.speed ?? 1,
    fromMs: given.fromMs ?? null,
    days,
    customers: given.customers ?? Math.min(CUSTOMERS_MAX, Math.max(CUSTOMERS_MIN, wanted)),
    merchants: given.merchants ?? 2_000,
    zipf: given.zipf ?? 1.05,
    stolenRate: given.stolenRate ?? 0.1,
    stolenUse: given.stolenUse ?? 0.004,
    duplicateRate: given.duplicateRate ?? 0.005,
    lateRate: given.lateRate ?? 0.001,
    malformedRate: given.malformedRate ?? 0.003,
    signalRate: given.signalRate ?? 0.08,
    signalFirstRate: given.signalFirstRate ?? 0.05,
    key: given.key ?? "customer",
    run: given.run ?? (tps === null ? `s${hashText(seed).toString(36)}` : `r${nowMs.toString(36)}`),
    skew: given.skew ?? null,
    statements: given.statements ?? false,
    statementDays: given.statementDays ?? 3,
    breakRate: given.breakRate ?? 0.01,
  };
  check(options);
  return options;
}

function check(options: SimulationOptions): void {
  const faults: string[] = [];
  const need = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  need(options.events !== null || options.tps !== null, "give events, or tps for a run until stopped");
  need(options.events === null || (Number.isSafeInteger(options.events) && options.events >= 1), "events: at least 1");
  need(options.tps === null || (options.tps > 0 && options.tps <= 200_000), "tps: above 0, at most 200,000");
  need(options.speed > 0 && options.speed <= 100_000, "speed: above 0, at most 100,000");
  need(Number.isSafeInteger(options.days) && options.days >= 1 && options.days <= 3_660, "days: from 1 to 3,660");
  need(
    Number.isSafeInteger(options.customers) && options.customers >= 1_000 && options.customers <= 9_999_999,
    "customers: from 1,000 to 9,999,999",
  );
  need(
    Number.isSafeInteger(options.merchants) && options.merchants >= 1 && options.merchants <= 99_999,
    "merchants: from 1 to 99,999",
  );
  need(options.zipf >= 0 && options.zipf <= 5, "zipf: from 0 to 5");
  need(/^[A-Za-z0-9]{1,12}$/.test(options.run), "run: 1 to 12 letters and digits");
  for (const name of ["stolenRate", "signalRate", "signalFirstRate"] as const) {
    need(options[name] >= 0 && options[name] <= 1, `${name}: from 0 to 1`);
  }
  for (const name of ["stolenUse", "duplicateRate", "lateRate", "malformedRate"] as const) {
    need(options[name] >= 0 && options[name] <= 0.5, `${name}: from 0 to 0.5`);
  }
  need(options.skew === null || (options.skew > 0 && options.skew <= 0.5), "skew: above 0, at most 0.5");
  need(options.breakRate >= 0 && options.breakRate <= 0.2, "breakRate: from 0 to 0.2");
  need(
    Number.isSafeInteger(options.statementDays) && options.statementDays >= 0 && options.statementDays <= 60,
    "statementDays: from 0 to 60",
  );
  need(!options.statements || options.run.length <= 8, "run: at most 8 letters and digits with statements (ACH ids)");
  need(options.stolenUse === 0 || options.stolenRate > 0, "stolenUse: no card is stolen with a stolenRate of 0");
  if (faults.length === 0) return;
  throw new ConcordanceError({
    kind: "config",
    code: "bad_simulation",
    message: `The simulation's options have ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    remedy: "Correct each of them.",
  });
}

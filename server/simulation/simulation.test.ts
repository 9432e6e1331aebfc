import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCardTokenizer } from "../domain/card";
import { compileDecoder } from "../pipeline/decode/decoder";
import { loadMapping } from "../pipeline/mapping/load";
import type { Decoded, FraudSignal, TransactionEvent } from "../pipeline/records";
import type { SimulationOptions } from "./options";
import { runSimulation, type SimulationSummary } from "./run";
import { openDirectorySink } from "./sinks/directory";
import { readTruth, type Truth, type TruthLine } from "./truth";
import { openTruthWriter } from "./truth-writer";

const HOUR = 3_600_000_000n;
const OPTIONS: Partial<SimulationOptions> = { seed: "test", events: 60_000, days: 10, customers: 20_000 };
const tokenize = createCardTokenizer(Buffer.alloc(32, 7));
let root: string;

async function simulate(name: string, options: Partial<SimulationOptions>): Promise<SimulationSummary> {
  const directory = join(root, name);
  return runSimulation({
    options,
    sink: () => openDirectorySink(directory),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    signal: new AbortController().signal,
  });
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

async function decodeAll(path: string, mapping: string): Promise<Decoded[]> {
  const { decode } = compileDecoder({
    mapping: await loadMapping(mapping),
    tokenize,
    recordBytesMax: 1 << 20,
    nowMicros: () => 2_000_000_000_000_000n,
  });
  return linesOf(await readFile(path)).map((bytes, index) => decode({ bytes, position: BigInt(index) }));
}

/** First appearances only: what a producer repeats counts once. */
function accepted<T extends TransactionEvent | FraudSignal>(decoded: readonly Decoded[]): T[] {
  const seen = new Set<string | null>();
  return decoded.flatMap((one) => {
    if (!one.ok || seen.has(one.value.dedupeKey)) return [];
    seen.add(one.value.dedupeKey);
    return [one.value as T];
  });
}

const ofKind = <K extends TruthLine["kind"]>(truth: Truth, kind: K) =>
  truth.lines.filter((line): line is Extract<TruthLine, { kind: K }> => line.kind === kind);

let summary: SimulationSummary;
let truth: Truth;
let decoded: Decoded[];
let events: TransactionEvent[];
let signals: FraudSignal[];
let stolen: Set<string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "simulation-test-"));
  summary = await simulate("world", OPTIONS);
  const directory = join(root, "world");
  truth = await readTruth(directory);
  decoded = await decodeAll(join(directory, "transactions.ndjson"), "config/mappings/concordance-transactions.yaml");
  events = accepted<TransactionEvent>(decoded);
  signals = accepted<FraudSignal>(
    await decodeAll(join(directory, "signals.ndjson"), "config/mappings/concordance-signals.yaml"),
  );
  const cards = (await readFile(join(directory, "reference", "stolen_cards.csv"), "utf8")).split("\n").slice(1, -1);
  stolen = new Set(cards.map((line) => tokenize(line.slice(0, 16)).token));
}, 60_000);
afterAll(() => rm(root, { recursive: true, force: true }));

describe("the simulated world", () => {
  it("writes exactly the records asked for, and the decoder agrees with its balance to the code and the cent", () => {
    const codes: Record<string, number> = {};
    for (const one of decoded) if (!one.ok) codes[one.error.code] = (codes[one.error.code] ?? 0) + 1;
    const sums: Record<string, bigint> = {};
    for (const { currency, amountMinor } of events) {
      if (currency !== null) sums[currency] = (sums[currency] ?? 0n) + (amountMinor ?? 0n);
    }
    const { transactions } = summary;
    expect(decoded.length).toBe(60_000);
    expect(transactions.in).toBe(60_000);
    expect(transactions.accepted).toBe(events.length);
    expect(transactions.quarantined).toEqual(codes);
    expect(Object.keys(codes).length).toBeGreaterThan(15);
    expect(transactions.duplicates).toBe(decoded.filter(({ ok }) => ok).length - events.length);
    expect(transactions.acceptedMinor).toEqual(
      Object.fromEntries(Object.entries(sums).map(([currency, sum]) => [currency, sum.toString()])),
    );
    expect(summary.signals.accepted).toBe(signals.length);
    expect(truth.transactions).toEqual(transactions);
  });

  it("counts as late what is more than two hours behind the newest before it", () => {
    let [newest, late] = [0n, 0];
    for (const { eventTimeMicros } of events) {
      if (eventTimeMicros > newest) newest = eventTimeMicros;
      else if (eventTimeMicros < newest - 2n * HOUR) late++;
    }
    expect(summary.transactions.late).toBe(late);
    expect(late).toBeGreaterThan(10);
  });

  it("tells every velocity and acceleration a plain count over its records finds, and no other", () => {
    const payments = new Map<string, Set<string>>();
    const found = { velocity: new Set<string>(), acceleration: new Set<string>() };
    for (const event of events) {
      for (const [role, party] of [
        ["originator", event.userId],
        ["beneficiary", event.counterpartyId],
      ] as const) {
        if (party === null) continue;
        const key = (day: number) => `${party} ${role} ${day}`;
        const today = payments.get(key(event.businessDay)) ?? new Set();
        payments.set(key(event.businessDay), today.add(event.transactionId));
        const before = payments.get(key(event.businessDay - 1))?.size ?? 0;
        if (today.size > 30) found.velocity.add(key(event.businessDay));
        if (today.size >= 10 && before > 0 && today.size > 3 * before) found.acceleration.add(key(event.businessDay));
      }
    }
    const told = (kind: "velocity" | "acceleration") =>
      new Set(ofKind(truth, kind).map(({ party, role, day }) => `${party} ${role} ${Date.parse(day) / 86_400_000}`));
    expect(told("velocity")).toEqual(found.velocity);
    expect(told("acceleration")).toEqual(found.acceleration);
    expect(new Set(ofKind(truth, "velocity").map(({ role }) => role)).size).toBe(2);
    expect(found.acceleration.size).toBeGreaterThan(2);
  });

  it("tells every fifth decline within an hour, of users and of cards", () => {
    const times = new Map<string, bigint[]>();
    const found = new Set<string>();
    for (const event of events) {
      if (event.status !== "DECLINED") continue;
      for (const entity of [`user ${event.userId}`, event.cardToken === null ? [] : `card ${event.cardToken}`].flat()) {
        const recent = (times.get(entity) ?? []).filter((at) => at > event.eventTimeMicros - HOUR);
        times.set(entity, [...recent, event.eventTimeMicros]);
        if (recent.length === 4) found.add(`${entity.slice(0, 4)} ${event.transactionId}`);
      }
    }
    const told = ofKind(truth, "repeated_declines");
    expect(new Set(told.map(({ entity, transactions }) => `${entity} ${transactions.at(-1)}`))).toEqual(found);
    expect(new Set(told.map(({ entity }) => entity)).size).toBe(2);
  });

  it("tells every use of a stolen card, and every signal over a threshold whose transaction came, before or after", () => {
    const uses = new Set(events.filter(({ cardToken }) => stolen.has(cardToken ?? "")).map((e) => e.transactionId));
    expect(new Set(ofKind(truth, "stolen_card").map(({ transaction }) => transaction))).toEqual(uses);
    const first = new Map<string, bigint>();
    for (const e of events) if (!first.has(e.transactionId)) first.set(e.transactionId, e.eventTimeMicros);
    const scored = signals.filter((s) => s.fraudScore >= 0.5 && first.has(s.transactionId));
    expect(new Set(ofKind(truth, "fraud_score").map((line) => `${line.signal} ${line.severity}`))).toEqual(
      new Set(scored.map((s) => `${s.fraudSignalId} ${s.fraudScore >= 0.8 ? "HIGH" : "MEDIUM"}`)),
    );
    const ahead = signals.filter((s) => s.eventTimeMicros < (first.get(s.transactionId) ?? 0n));
    expect(ahead.length).toBeGreaterThan(20);
  });

  it("lives every rail to its end, in the order of its life", () => {
    expect(new Set(events.map(({ paymentType }) => paymentType)).size).toBe(9);
    expect(new Set(events.map(({ status }) => status)).size).toBe(9);
    const rank = ["RECEIVED", "PENDING", "APPROVED", "DECLINED", "FAILED", "SETTLED", "RETURNED", "REFUNDED"];
    const reached = new Map<string, number>();
    for (const { transactionId, status } of events) {
      const at = rank.indexOf(status) < 0 ? rank.length : rank.indexOf(status);
      expect(at).toBeGreaterThan(reached.get(transactionId) ?? -1);
      reached.set(transactionId, at);
    }
    const returned = events.filter((e) => e.status === "RETURNED" && e.paymentType === "ACH");
    expect(returned.every((e) => /^R\d\d$/.test(e.returnCode ?? ""))).toBe(true);
    expect(events.filter((e) => e.status === "DECLINED").every((e) => e.declineCode !== null)).toBe(true);
  });

  it("plants what must stay silent, and it does", () => {
    const fired = new Set(truth.lines.flatMap((line) => ("count" in line ? [`${line.kind} ${line.party}`] : [])));
    const near = ofKind(truth, "near_miss");
    expect(new Set(near.map(({ rule }) => rule))).toEqual(new Set(["velocity", "acceleration", "repeated_declines"]));
    for (const { rule, party } of near) expect(fired.has(`${rule} ${party}`)).toBe(false);
  });

  it("gives Zipf's first merchant its share and a tenth of the cards to the stolen list", () => {
    const toMerchants = events.filter(({ merchantId }) => merchantId !== null);
    const first = toMerchants.filter(({ merchantId }) => merchantId === "M00000").length / toMerchants.length;
    expect(first).toBeGreaterThan(0.1);
    expect(first).toBeLessThan(0.2);
    expect(stolen.size / 20_000).toBeCloseTo(0.1, 1.5);
  });
});

describe("a simulation's options", () => {
  it("give the same bytes for the same seed, and others for another", async () => {
    const small = { ...OPTIONS, events: 5_000 };
    await simulate("one", small);
    await simulate("two", small);
    await simulate("other", { ...small, seed: "other" });
    for (const name of ["transactions.ndjson", "signals.ndjson", "truth.ndjson", "reference/merchants.csv"]) {
      const [one, two, other] = await Promise.all(
        ["one", "two", "other"].map((directory) => readFile(join(root, directory, name))),
      );
      expect(two?.equals(one ?? Buffer.alloc(0))).toBe(true);
      expect(other?.equals(one ?? Buffer.alloc(0))).toBe(false);
    }
  });

  it("leave no finished name behind when the world could not be finished", async () => {
    const directory = join(root, "failed");
    const failing = runSimulation({
      options: { ...OPTIONS, events: 30_000 },
      sink: async () => {
        const sink = await openDirectorySink(directory);
        let writes = 0;
        return {
          ...sink,
          write: async (transactions, signals) => {
            if (writes++ === 1) throw new Error("disk full");
            await sink.write(transactions, signals);
          },
        };
      },
      truth: () => openTruthWriter(join(directory, "truth.ndjson")),
      signal: new AbortController().signal,
    });
    await expect(failing).rejects.toThrow("disk full");
    expect((await readdir(directory)).filter((name) => name.endsWith(".ndjson"))).toEqual(["truth.ndjson"]);
  });

  it("are refused with every fault", async () => {
    await expect(simulate("bad", { events: 0, days: 0, merchants: 0, lateRate: 2 })).rejects.toThrow(
      /4 fault\(s\).*events.*days.*merchants.*lateRate/s,
    );
  });

  it("keep the pace without bursts, with event times of the moment", async () => {
    const startedMs = Date.now();
    const paced = await simulate("paced", { seed: "p", tps: 1_000, events: 2_000, malformedRate: 0, lateRate: 0 });
    const tookMs = Date.now() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(1_990);
    const all = accepted<TransactionEvent>(
      await decodeAll(join(root, "paced", "transactions.ndjson"), "config/mappings/concordance-transactions.yaml"),
    );
    const live = all.map((e) => Number(e.eventTimeMicros / 1_000n)).filter((ms) => ms >= startedMs - 5_000);
    expect(paced.transactions.in - (all.length - live.length)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...live)).toBeLessThanOrEqual(Date.now());
    const perTenth = new Map<number, number>();
    for (const ms of live) perTenth.set(Math.floor(ms / 100), (perTenth.get(Math.floor(ms / 100)) ?? 0) + 1);
    expect(Math.max(...perTenth.values())).toBeLessThanOrEqual(300);
  });
});

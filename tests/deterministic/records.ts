import { createHash } from "node:crypto";
import type { RawRecord } from "../../server/pipeline/records";
import type { Random } from "./random";

export type Fate = "accepted" | "quarantined" | "duplicate";

/** A Kafka partition. */
export interface Stream {
  readonly source: string;
  readonly appId: string;
  /** By position. */
  readonly records: readonly RawRecord[];
  readonly partition: string;
  readonly lastMark: bigint;
}

export interface LandedFile {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export interface World {
  readonly streams: readonly Stream[];
  readonly files: readonly LandedFile[];
  /** "source/partition/position" -> what must become of it. */
  readonly fates: ReadonlyMap<string, Fate>;
  readonly stolenCard: string;
}

export const LANDING_SOURCE = "files";
export const TRANSACTION_SOURCES = ["payments", LANDING_SOURCE] as const;
export const SIGNAL_SOURCE = "signals";
export const DAY_ONE_MS = Date.UTC(2026, 0, 5);

const DAY_MS = 86_400_000;
const STATUSES = ["RECEIVED", "DECLINED", "DECLINED", "SETTLED", "SETTLED", "REFUNDED"];
const STOLEN = "4000056655665556";
const CARDS = [STOLEN, "4111111111111111", "5555555555554444"];

interface Line {
  readonly text: string;
  readonly fate: Fate;
}

/** Everything the sources will deliver, and what must become of each record. */
export function createWorld(random: Random, recordsPerStream: number): World {
  const fates = new Map<string, Fate>();
  const payments: string[] = [];
  const streams: Stream[] = [];
  for (let partition = 0; partition < 2 + random.below(2); partition++) {
    const lines = transactionLines(random, `p${partition}`, recordsPerStream, payments);
    streams.push(partitionOf("payments", partition, lines, fates));
  }
  streams.push(partitionOf(SIGNAL_SOURCE, 0, signalLines(random, recordsPerStream, payments), fates));
  // Two indexers on one folder often lose a batch to each other, which hides what only shows where none is lost.
  const landing = random.chance(0.5);
  const files = landing ? filesOf(random, transactionLines(random, "f", recordsPerStream, payments), fates) : [];
  return { streams, files, fates, stolenCard: STOLEN };
}

/** Positions without records, for the processes that only know marks. */
export function createNumbers(random: Random, positions: number): World {
  const partitions = Array.from({ length: 2 + random.below(2) }, (_, number) => String(number));
  const streams = partitions.map((partition): Stream => {
    const appId = `kafka/cluster/payments/topic/${partition}`;
    const lastMark = BigInt(positions - 1);
    return { source: "payments", appId, records: [], partition, lastMark };
  });
  const places = partitions.flatMap((partition) =>
    Array.from({ length: positions }, (_, position) => [`${partition}/${position}`, "accepted"] as const),
  );
  return { streams, files: [], fates: new Map(places), stolenCard: STOLEN };
}

export const coordinates = (source: string, partition: string, position: bigint | number): string =>
  `${source}/${partition}/${position}`;

function transactionLines(random: Random, prefix: string, count: number, payments: string[]): Line[] {
  const good: string[] = [];
  const lines: Line[] = [];
  while (lines.length < count) {
    const number = lines.length;
    if (good.length > 0 && random.chance(0.14)) {
      lines.push({ text: random.pick(good), fate: "duplicate" });
      continue;
    }
    const bad = random.chance(0.08);
    const payment = `${prefix}-${Math.floor(number / 2)}`;
    const atMs = DAY_ONE_MS + random.below(3) * DAY_MS + random.below(15) * 60_000 + number;
    const text = JSON.stringify({
      transaction_id: payment,
      event_id: `${prefix}-e${number}`,
      payment_type: "CARD",
      status: random.pick(STATUSES),
      amount_minor: 100 + random.below(1_000),
      currency: random.chance(0.2) ? "JPY" : "EUR",
      user_id: bad ? "" : `u${random.below(4)}`,
      ...(random.chance(0.4) ? { counterparty_id: `c${random.below(3)}` } : { merchant_id: `m${random.below(3)}` }),
      event_time: new Date(atMs).toISOString(),
      card_number: random.pick(CARDS),
      processing_ms: random.below(50),
    });
    lines.push({ text, fate: bad ? "quarantined" : "accepted" });
    if (bad) continue;
    good.push(text);
    payments.push(JSON.stringify([payment, atMs]));
  }
  return lines;
}

function signalLines(random: Random, count: number, payments: readonly string[]): Line[] {
  const good: string[] = [];
  const lines: Line[] = [];
  while (lines.length < count) {
    if (good.length > 0 && random.chance(0.14)) {
      lines.push({ text: random.pick(good), fate: "duplicate" });
      continue;
    }
    const bad = random.chance(0.08);
    const [payment, atMs]: [string, number] = JSON.parse(random.pick(payments));
    const text = JSON.stringify({
      fraud_signal_id: `s${lines.length}`,
      transaction_id: bad ? "" : payment,
      fraud_score: random.below(100) / 100,
      reason_code: "R1",
      event_time: new Date(atMs + 1_000).toISOString(),
    });
    lines.push({ text, fate: bad ? "quarantined" : "accepted" });
    if (!bad) good.push(text);
  }
  return lines;
}

const encoder = new TextEncoder();
const recordOf = (line: Line, position: number): RawRecord => ({
  bytes: encoder.encode(line.text),
  position: BigInt(position),
});

function partitionOf(source: string, number: number, lines: readonly Line[], fates: Map<string, Fate>): Stream {
  const partition = String(number);
  for (const [position, { fate }] of lines.entries()) fates.set(coordinates(source, partition, position), fate);
  return {
    source,
    appId: `kafka/cluster/${source}/topic/${partition}`,
    records: lines.map(recordOf),
    partition,
    lastMark: BigInt(lines.length - 1),
  };
}

/** The same lines as files of a landing folder. */
function filesOf(random: Random, lines: readonly Line[], fates: Map<string, Fate>): LandedFile[] {
  const files: LandedFile[] = [];
  for (let at = 0; at < lines.length; ) {
    // Of one line a file could be another's twin, which is recognised and not read.
    const rest = lines.length - at;
    const length = 2 + random.below(8);
    const inFile = lines.slice(at, at + (rest - length < 2 ? rest : length));
    const key = `landing/${LANDING_SOURCE}/${String(files.length).padStart(3, "0")}.ndjson`;
    const bytes = encoder.encode(`${inFile.map(({ text }) => text).join("\n")}\n`);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    // A place is a path with a content (server/sources/landing/plan.ts).
    const place = `${key}#${sha256.slice(0, 12)}`;
    for (const [position, { fate }] of inFile.entries()) fates.set(coordinates(LANDING_SOURCE, place, position), fate);
    files.push({ key, bytes, sha256 });
    at += inFile.length;
  }
  return files;
}

import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCardTokenizer } from "../../server/domain/card";
import { compileDecoder } from "../../server/pipeline/decode/decoder";
import { loadMapping } from "../../server/pipeline/mapping/load";
import type { RawRecord } from "../../server/pipeline/records";
import { givenFiles, inspect, RecordReader } from "../../server/sources/landing/files";

export interface DecodeFigures {
  readonly eventBytes: number;
  /** JSON.parse of the same bytes and nothing else: the limit of what follows. */
  readonly parseOnlyPerSecond: number;
  readonly decodePerSecond: number;
  /** Every record refused: the cost of a flood of bad events. */
  readonly refusePerSecond: number;
  readonly splitMegabytesPerSecond: number;
  /** The SHA-256 pass before a file is planned. */
  readonly inspectMegabytesPerSecond: number;
}

const ROUNDS = 5;
const CARDS = ["4111111111111111", "5555555555554444", "4012888888881881"];

const event = (index: number) => ({
  transaction_id: `txn-${index}`,
  event_id: `evt-${index}-1`,
  payment_type: "CARD",
  status: "APPROVED",
  amount_minor: 1_234 + index,
  currency: "EUR",
  user_id: `u${index % 5_000}`,
  merchant_id: `m${index % 900}`,
  event_time: new Date(1_790_000_000_000 - index).toISOString(),
  category: "food",
  mcc: "5411",
  channel: "pos",
  country: "DE",
  card_number: CARDS[index % CARDS.length],
  end_to_end_id: `e2e-${index}`,
  processing_ms: 42,
  customer: { gender: "F", kyc_status: "ok", risk_rating: "low" },
});

/** Best of several rounds on one core: what the code costs, not what the machine does beside it. */
function bestPerSecond(records: readonly RawRecord[], work: (record: RawRecord) => unknown): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    for (const record of records) work(record);
    best = Math.max(best, (records.length / (performance.now() - startMs)) * 1_000);
  }
  return Math.round(best);
}

/** Decoding and splitting beside their limits, on `count` events of Concordance's own envelope. */
export async function benchDecode(count = 200_000): Promise<DecodeFigures> {
  const { decode } = compileDecoder({
    mapping: await loadMapping("config/mappings/concordance-transactions.yaml"),
    tokenize: createCardTokenizer(Buffer.alloc(32, 1)),
    recordBytesMax: 1 << 20,
    nowMicros: () => BigInt(Date.now()) * 1_000n,
  });
  const texts = Array.from({ length: count }, (_, index) => JSON.stringify(event(index)));
  const records = texts.map((text, index) => ({ bytes: Buffer.from(text), position: BigInt(index) }));
  const refused = texts.map((text, index) => ({
    bytes: Buffer.from(text.replace('"user_id"', '"user"')),
    position: BigInt(index),
  }));
  const parse = ({ bytes }: RawRecord): unknown => JSON.parse(bytes.toString());
  const directory = await mkdtemp(join(tmpdir(), "bench-decode-"));
  try {
    const path = join(directory, "events.ndjson");
    await writeFile(path, texts.map((text) => `${text}\n`).join(""));
    return {
      eventBytes: Math.round(texts.reduce((sum, text) => sum + text.length, 0) / count),
      parseOnlyPerSecond: bestPerSecond(records, parse),
      decodePerSecond: bestPerSecond(records, decode),
      refusePerSecond: bestPerSecond(refused, decode),
      ...(await fileFigures(path)),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function fileFigures(path: string) {
  const files = givenFiles([path]);
  const format = { quoted: false, header: null, delimiter: "", keepBytesMax: 1 << 20 };
  const split = async (): Promise<number> => {
    const reader = await RecordReader.open(files, path, format, 0n);
    let bytes = 0;
    while (reader.ready() || (await reader.more())) bytes += reader.take().bytes.length + 1;
    return bytes;
  };
  const look = async (): Promise<number> => {
    await inspect(files, path);
    return (await files.head(path))?.size ?? 0;
  };
  for await (const _ of createReadStream(path)); // in the page cache, so that the disk is not what is measured
  return { splitMegabytesPerSecond: await bestMegabytes(split), inspectMegabytesPerSecond: await bestMegabytes(look) };
}

async function bestMegabytes(work: () => Promise<number>): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    const bytes = await work();
    best = Math.max(best, bytes / 1e3 / (performance.now() - startMs));
  }
  return Math.round(best);
}

if (process.argv[1]?.endsWith("decode.ts") === true) {
  process.stdout.write(`${JSON.stringify(await benchDecode(), null, 2)}\n`);
}

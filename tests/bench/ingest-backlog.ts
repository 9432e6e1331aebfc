import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import kafkajs from "kafkajs";
import { parse as parseYaml, stringify } from "yaml";
import { openLocalStore } from "../../server/lake/store/local";
import { silentLogger } from "../../server/observability/log";
import { runSimulation } from "../../server/simulation/run";
import { createLakeSink, TRANSACTIONS_SOURCE } from "../../server/simulation/sinks/lake";
import { openTruthWriter } from "../../server/simulation/truth-writer";
import { openKafka } from "../../server/sources/kafka/connection";

export const MAPPING = "config/mappings/concordance-transactions.yaml";
const NEVER = new AbortController().signal;
const PARTITIONS = 4;
/** Below the broker's 1 MiB for one batch. */
const SEND_LINES = 1_000;
/** What the small shape leaves out: 300 bytes are left. */
const LEFT_OUT = ["originator", "beneficiary", "customer", "psp_reference", "end_to_end_id"];

/** Values of the envelope that stand in a CSV line, by column: the paths of the shipped mapping. */
export type Envelope = Record<string, string | number | null | Record<string, string | null> | undefined>;

export interface Backlog {
  readonly lake: string;
  readonly files: readonly string[];
  readonly lines: number;
  readonly bytes: number;
}

export function parsed(text: string): Envelope | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A simulated backlog in a landing zone, as the simulator writes it. */
export async function writeBacklog(data: string, events: number): Promise<Backlog> {
  const lake = join(data, "lake");
  const store = await openLocalStore(lake);
  await mkdir(join(data, "truth"), { recursive: true });
  await runSimulation({
    options: { seed: "bench", events, run: "bench" },
    sink: async ({ run }) => createLakeSink({ store, run, fileEveryMs: null, signal: NEVER }),
    truth: ({ run }) => openTruthWriter(join(data, "truth", `truth-${run}.ndjson`)),
    signal: NEVER,
    onProgress: () => undefined,
  });
  return counted(lake);
}

/** The same events without the blocks a lean producer does not send; broken lines stay as they are. */
export async function smallBacklog({ files }: Backlog, data: string): Promise<Backlog> {
  const lake = join(data, "lake");
  const folder = join(lake, "landing", TRANSACTIONS_SOURCE);
  await mkdir(folder, { recursive: true });
  for (const [index, file] of files.entries()) {
    const lines: string[] = [];
    for await (const text of createInterface({ input: createReadStream(file) })) {
      const event = parsed(text);
      if (event !== null) for (const name of LEFT_OUT) delete event[name];
      lines.push(event === null ? text : JSON.stringify(event));
    }
    await writeFile(join(folder, `small-${String(index).padStart(6, "0")}.ndjson`), `${lines.join("\n")}\n`);
  }
  return counted(lake);
}

async function counted(lake: string): Promise<Backlog> {
  const folder = join(lake, "landing", TRANSACTIONS_SOURCE);
  const files = (await readdir(folder)).sort().map((name) => join(folder, name));
  let [lines, bytes] = [0, 0];
  for (const file of files) {
    const content = await readFile(file);
    bytes += content.byteLength;
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
  }
  return { lake, files, lines, bytes };
}

/** The same lines as records of a topic of four partitions, lz4. */
export async function produceBacklog({ files }: Backlog, brokers: readonly string[], topic: string): Promise<void> {
  const kafka = openKafka({ brokers, clientId: "bench", ssl: false, sasl: null }, silentLogger);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: false });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let sent = 0;
  const send = async (values: readonly string[]) => {
    const partition = sent++ % PARTITIONS;
    const messages = values.map((value) => ({ value, partition }));
    await producer.send({ topic, messages, compression: kafkajs.CompressionTypes.LZ4 });
  };
  for (const file of files) {
    const lines = (await readFile(file)).toString("utf8").split("\n").slice(0, -1);
    for (let from = 0; from < lines.length; from += SEND_LINES) await send(lines.slice(from, from + SEND_LINES));
  }
  await producer.disconnect();
}

/** The same events as CSV in a lake of its own, with a mapping that says so; gives the lake's address. */
export async function csvBacklog({ files }: Backlog, data: string): Promise<string> {
  const mapping = parseYaml(await readFile(MAPPING, "utf8"));
  const columns = pathsOf(mapping);
  const lake = join(data, "lake");
  const folder = join(lake, "landing", TRANSACTIONS_SOURCE);
  await mkdir(folder, { recursive: true });
  for (const [index, file] of files.entries()) {
    const rows = [columns.join(",")];
    for await (const text of createInterface({ input: createReadStream(file) })) rows.push(csvLine(text, columns));
    await writeFile(join(folder, `bench-${String(index).padStart(6, "0")}.csv`), `${rows.join("\n")}\n`);
  }
  const format = { type: "csv", delimiter: ",", header: true, columns };
  await writeFile(join(data, "mapping.yaml"), stringify({ ...mapping, format }));
  return lake;
}

/** Every path the shipped mapping reads. */
export function pathsOf(mapping: { fields: Record<string, unknown> }): string[] {
  const named = Object.values(mapping.fields).flatMap((rule) =>
    typeof rule === "string" ? [rule] : Object.values(rule ?? {}).filter((path) => typeof path === "string"),
  );
  return [...named, "event_time", "amount_minor", "currency"];
}

/** A line that is not JSON stays broken as CSV: too few columns. */
function csvLine(text: string, columns: readonly string[]): string {
  const event = parsed(text);
  if (event === null) return "broken";
  return columns
    .map((path) => {
      const [head = "", tail] = path.split(".");
      const value = event[head];
      const cell = tail === undefined || value === null || typeof value !== "object" ? value : value[tail];
      const shown = cell === undefined || cell === null ? "" : String(cell);
      return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
    })
    .join(",");
}

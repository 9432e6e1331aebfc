import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { verifyLake } from "../../server/lake/verify";
import type { Logger } from "../../server/observability/log";
import { QUARANTINE_CODES } from "../../server/pipeline/quarantine-codes";
import { openProcessLake } from "../../server/process/open-lake";
import { ingest } from "../../workers/cli/ingest";
import { createRandom, type Random } from "../deterministic/random";
import { smallSettings } from "../support/world";
import { columnsOf, expectedRow, storedText } from "./oracle";
import { hostile, KINDS, type Kind } from "./payloads";

export interface HostileReport {
  readonly payloads: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicates: number;
  readonly codes: Readonly<Record<string, number>>;
  /** Fields of accepted rows held against what the payload says. */
  readonly compared: number;
  readonly cardsPlanted: number;
  /** Everything that is not as it must be; empty where all is well. */
  readonly faults: readonly string[];
}

const FAULTS_MAX = 20;

/** What the records of one run were, and what was found amiss. */
interface Trial {
  readonly cards: Set<string>;
  readonly faults: string[];
  readonly logged: string[];
}

/**
 * Lands hostile records of every shipped mapping, ingests them by the real indexer and projector, and looks at
 * everything that was stored.
 */
export async function runHostile(
  directory: string,
  { payloads, seed, say }: { payloads: number; seed: number; say: (text: string) => void },
): Promise<HostileReport> {
  const settings = smallSettings(directory, {
    CONCORDANCE_FLUSH_ROWS: "20000",
    CONCORDANCE_PLAN_RECORDS: "20000",
    CONCORDANCE_TICK_ROWS: "50000",
    CONCORDANCE_DUCKDB_MEMORY_MB: "1024",
  });
  const random = createRandom(seed);
  const trial: Trial = { cards: new Set(), faults: [], logged: [] };
  const codes: Record<string, number> = {};
  const totals = { payloads: 0, accepted: 0, quarantined: 0, duplicates: 0, compared: 0 };
  const perKind = Math.ceil(payloads / KINDS.length);
  for (const kind of KINDS) {
    const path = join(directory, `${kind.mapping}.${kind.extension}`);
    const written = await writeFileOf(path, kind, perKind, random, trial);
    const report = await ingest(
      {
        source: kind.mapping,
        mappingPath: `config/mappings/${kind.mapping}.yaml`,
        inputs: [path],
        lake: settings.lake,
      },
      settings,
      recorderOf(trial.logged),
    );
    totals.payloads += perKind;
    totals.accepted += report.accepted;
    totals.quarantined += report.quarantined;
    totals.duplicates += report.duplicates;
    for (const [code, count] of Object.entries(report.quarantinedByCode)) codes[code] = (codes[code] ?? 0) + count;
    for (const { message } of report.refused) trial.faults.push(`${kind.mapping} was refused: ${message}`);
    // A quote that stays open joins lines to one record: a CSV file may hold fewer records than lines, never more.
    const whole = kind.extension === "csv" ? report.in <= perKind : report.in === perKind;
    if (!whole) trial.faults.push(`${kind.mapping}: ${report.in} records in of ${perKind} written`);
    if (report.in !== report.accepted + report.quarantined + report.duplicates)
      trial.faults.push(`${kind.mapping}: in is not accepted + quarantined + duplicates`);
    const opened = await openProcessLake(settings, settings.lake);
    const connection = await opened.lake.db.connect();
    try {
      totals.compared += await compareAccepted(connection, opened.lake, kind, written, trial);
      await compareQuarantined(connection, opened.lake, kind, written, trial);
    } finally {
      connection.closeSync();
      opened.close();
    }
    say(
      `${kind.mapping}: ${report.accepted} accepted, ${report.quarantined} quarantined, ${report.duplicates} duplicates`,
    );
  }
  const { lake, close } = await openProcessLake(settings, settings.lake);
  try {
    await expectNoCard(lake, settings.lake, trial);
    for (const { table, where, message } of (await verifyLake(lake)).differences)
      trial.faults.push(`verify: ${table} ${where}: ${message}`);
  } finally {
    close();
  }
  return { ...totals, codes, cardsPlanted: trial.cards.size, faults: trial.faults.slice(0, FAULTS_MAX) };
}

async function writeFileOf(
  path: string,
  kind: Kind,
  count: number,
  random: Random,
  { cards }: Trial,
): Promise<readonly Buffer[]> {
  const written: Buffer[] = [];
  const file = createWriteStream(path);
  if (kind.header !== null) file.write(`${kind.header}\n`);
  for (let serial = 0; serial < count; serial++) {
    const record = hostile(kind, random, serial);
    for (const card of record.cards) cards.add(card);
    written.push(record.bytes);
    if (!file.write(Buffer.concat([record.bytes, Buffer.from("\n")]))) await once(file, "drain");
  }
  file.end();
  await finished(file);
  return written;
}

function recorderOf(lines: string[]): Logger {
  const note = (facts: object, message: string) => {
    const err = "err" in facts && facts.err instanceof Error ? facts.err.message : "";
    lines.push(
      `${message} ${err} ${JSON.stringify(facts, (_key, value) => (typeof value === "bigint" ? String(value) : value))}`,
    );
  };
  const recorder: Logger = { debug: note, info: note, warn: note, error: note, child: () => recorder };
  return recorder;
}

async function* rowsOf(connection: DuckDBConnection, sql: string): AsyncGenerator<Record<string, unknown>> {
  const result = await connection.stream(sql);
  for await (const rows of result.yieldRowObjectJs()) yield* rows;
}

const scanOf = async (lake: Lake, table: string): Promise<string> => {
  const opened = lake.table(table);
  return scanSql(lake.store, opened.spec, (await opened.refresh()).files);
};

/** Every accepted row says what its payload says. Returns how many fields were held against each other. */
async function compareAccepted(
  connection: DuckDBConnection,
  lake: Lake,
  kind: Kind,
  written: readonly Buffer[],
  { faults }: Trial,
): Promise<number> {
  const columns = columnsOf(kind);
  if (columns.length === 0) return 0;
  const table = kind.mapping === "concordance-signals" ? "fraud_signals" : "transactions";
  const sql = `SELECT source_offset, ${columns.join(", ")} FROM ${await scanOf(lake, table)} WHERE source = '${kind.mapping}'`;
  let compared = 0;
  for await (const row of rowsOf(connection, sql)) {
    const bytes = written[Number(row.source_offset)] ?? Buffer.alloc(0);
    try {
      for (const [column, said] of expectedRow(kind, bytes) ?? []) {
        compared++;
        const stored = storedText(column, row[column]);
        if (stored !== said)
          faults.push(`${kind.mapping} ${row.source_offset}: ${column} is ${stored}, the payload says ${said}`);
      }
    } catch (error) {
      faults.push(
        `${kind.mapping} ${row.source_offset} was accepted: ${String(error)}: ${bytes.toString("latin1").slice(0, 200)}`,
      );
    }
  }
  return compared;
}

/** Every quarantined record has a known code, and its bytes as they came but for card numbers. */
async function compareQuarantined(
  connection: DuckDBConnection,
  lake: Lake,
  kind: Kind,
  written: readonly Buffer[],
  { faults }: Trial,
): Promise<void> {
  const sql = `SELECT source_offset, code, raw, raw_bytes, message FROM ${await scanOf(lake, "quarantine")} WHERE source = '${kind.mapping}'`;
  for await (const { source_offset, code, raw, raw_bytes, message } of rowsOf(connection, sql)) {
    const place = `${kind.mapping} ${source_offset}`;
    if (!Object.hasOwn(QUARANTINE_CODES, String(code))) faults.push(`${place}: unknown code ${code}`);
    if (typeof message !== "string" || message === "") faults.push(`${place}: says nothing`);
    const bytes = written[Number(source_offset)];
    if (kind.extension === "csv" || bytes === undefined || !(raw instanceof Uint8Array)) continue;
    if (Number(raw_bytes) !== bytes.byteLength)
      faults.push(`${place}: ${raw_bytes} bytes, ${bytes.byteLength} were written`);
    const changed = raw.findIndex((byte, at) => byte !== bytes[at] && byte !== 0x2a);
    if (changed >= 0) faults.push(`${place}: byte ${changed} is ${raw[changed]}, ${bytes[changed]} was written`);
    if (!/\d(?:[ -]?\d){12}/.test(bytes.toString("latin1")) && !bytes.equals(raw))
      faults.push(`${place}: masked without need`);
  }
}

/** No planted card number is in any cell of any table, in any log of a table, or in what the processes said. */
async function expectNoCard(lake: Lake, root: string, { cards, faults, logged }: Trial): Promise<void> {
  const holds = (text: string): boolean =>
    [...text.matchAll(/\d(?:[ -]?\d){12,}/g)].some(([run]) => {
      const digits = run.replaceAll(/[ -]/g, "");
      for (let at = 0; at + 16 <= digits.length; at++) if (cards.has(digits.slice(at, at + 16))) return true;
      return false;
    });
  const connection = await lake.db.connect();
  try {
    for (const { spec } of lake.tables) {
      const cells = spec.columns
        .filter(({ type }) => type === "string" || type === "bigint" || type === "binary")
        .map(({ name, type }) => (type === "binary" ? `hex("${name}")` : `"${name}"::VARCHAR`));
      const raw = spec.columns.filter(({ type }) => type === "binary").map(({ name }) => name);
      if (cells.length === 0) continue;
      const text = `concat_ws(chr(10), ${cells.join(", ")})`;
      const where = raw.length === 0 ? `WHERE regexp_matches(${text}, '[0-9]([ -]?[0-9]){12}')` : "";
      for await (const row of rowsOf(
        connection,
        `SELECT ${text} AS cells${raw.map((name) => `, "${name}"`).join("")} FROM ${await scanOf(lake, spec.name)} ${where}`,
      )) {
        const blobs = raw
          .map((name) => row[name])
          .map((blob) => (blob instanceof Uint8Array ? Buffer.from(blob).toString("latin1") : ""));
        if (holds(String(row.cells)) || blobs.some(holds))
          faults.push(`a card number is in ${spec.name}: ${String(row.cells).slice(0, 300)}`);
      }
      const folder = join(root, "tables", spec.name, "_delta_log");
      for (const name of (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json")))
        if (holds(await readFile(join(folder, name), "utf8")))
          faults.push(`a card number is in ${spec.name}/_delta_log/${name}`);
    }
  } finally {
    connection.closeSync();
  }
  for (const line of logged) if (holds(line)) faults.push(`a card number was said: ${line.slice(0, 200)}`);
}

import { createHash } from "node:crypto";
import type { CardReference } from "../domain/card";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";
import type { Lake } from "../lake/lake";
import { writeParquet } from "../lake/parquet";
import type { DataFile, Snapshot } from "../lake/snapshot";
import type { Table } from "../lake/table";
import type { TableBuffer } from "../lake/table-buffer";
import type { Logger } from "../observability/log";
import { type ReferenceFile, referenceFiles } from "./files";
import { parseReference, REFERENCE_BYTES_MAX, type ReferenceFault, type RefusedFile } from "./parse";

const INTERVAL_MS = 2_000;

export interface ReferenceStatus {
  readonly name: string;
  /** absent: no file, the table stays as it is. refused: the file is at fault, the last good version stays. */
  readonly state: "unread" | "absent" | "loaded" | "refused" | "unavailable";
  readonly tableVersion: number | null;
  readonly rows: number | null;
  readonly faults: readonly ReferenceFault[];
  readonly faultCount: number;
  readonly message: string | null;
  readonly remedy: string | null;
}

export interface ReferenceLoaderOptions {
  readonly lake: Lake;
  /** `createCardTokenizer` with the same key as the decoders. */
  readonly tokenize: (digits: string) => CardReference;
  readonly log: Logger;
  readonly intervalMs?: number;
}

export interface ReferenceLoader {
  /** Looks at every file once and loads what changed. Throws nothing on a bad file: the status tells. */
  check(): Promise<readonly ReferenceStatus[]>;
  /** Checks on a timer until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  status(): readonly ReferenceStatus[];
}

/**
 * Follows `reference/*.csv` of the lake. Each new content replaces all rows of its dimension table in one commit;
 * the same content again commits nothing. The table's marks remember the content: `reference/<name>` counts loads,
 * `reference/<name>/<digest>` says which load brought it.
 */
export function createReferenceLoader(options: ReferenceLoaderOptions): ReferenceLoader {
  const followed = referenceFiles(options.tokenize).map((file) => ({ file, seen: "", status: unread(file) }));
  // Tokens depend on the key, so a changed key makes the same file a new content.
  const fingerprint = options.tokenize("0").token;
  const check = async () => {
    for (const entry of followed) {
      const { file } = entry;
      try {
        const info = await options.lake.store.head(file.key);
        const seen = info?.etag ?? "";
        if (seen === entry.seen && entry.status.state !== "unread" && entry.status.state !== "unavailable") continue;
        entry.status = info === null ? absent(file) : await load(options, file, info.size, fingerprint);
        entry.seen = seen;
        tell(options.log, entry.status);
      } catch (error) {
        const next = unavailable(file, error);
        if (entry.status.message !== next.message) tell(options.log, next);
        entry.status = next;
      }
    }
    return followed.map(({ status }) => status);
  };
  return {
    check,
    status: () => followed.map(({ status }) => status),
    run: async (signal) => {
      while (!signal.aborted) {
        await check();
        await pause(options.intervalMs ?? INTERVAL_MS, signal);
      }
    },
  };
}

async function load(
  { lake }: ReferenceLoaderOptions,
  file: ReferenceFile,
  size: number,
  fingerprint: string,
): Promise<ReferenceStatus> {
  if (size > REFERENCE_BYTES_MAX) {
    const message = `is ${size} bytes; the limit is ${REFERENCE_BYTES_MAX}`;
    return refused(file, { faults: [{ line: null, column: null, message }], faultCount: 1 });
  }
  const bytes = await lake.store.get(file.key);
  const digest = createHash("sha256").update(fingerprint).update(bytes).digest("hex").slice(0, 32);
  const table = lake.table(file.table.name);
  const before = await table.refresh();
  if (currentDigest(before, file.name) === digest) return loaded(file, before);
  const parsed = parseReference(file, bytes);
  if (!parsed.ok) return refused(file, parsed.error);
  const adds = await write(lake, table, parsed.value);
  const version = (before.marks.get(markOf(file.name)) ?? 0n) + 1n;
  const outcome = await table.commit({
    adds: adds === null ? [] : [adds],
    removes: before.files,
    marks: [
      { appId: markOf(file.name), version },
      { appId: `${markOf(file.name)}/${digest}`, version },
    ],
    operation: "REPLACE",
    info: { reference: file.name, contentSha256: digest, rows: parsed.value.rows },
  });
  const after = await table.refresh();
  if (outcome.kind === "committed" || currentDigest(after, file.name) === digest) return loaded(file, after);
  throw new ConcordanceError({
    kind: "conflict",
    code: "reference_loaded_elsewhere",
    message: `${file.key}: another process loaded another content at the same time.`,
    remedy: "Nothing to do: the file is read again.",
  });
}

const markOf = (name: string) => `reference/${name}`;

/** The content of the newest load; null before the first. */
function currentDigest(snapshot: Snapshot, name: string): string | null {
  const prefix = `${markOf(name)}/`;
  const newest = snapshot.marks.get(markOf(name));
  for (const [appId, version] of snapshot.marks) {
    if (version === newest && appId.startsWith(prefix)) return appId.slice(prefix.length);
  }
  return null;
}

async function write(lake: Lake, table: Table, rows: TableBuffer): Promise<DataFile | null> {
  const connection = await lake.db.connect();
  const stage = `reference_${newId().replaceAll("-", "")}`;
  try {
    await rows.stage(connection, stage);
    const order = table.spec.sortBy.map((column) => `"${column}"`).join(", ");
    return await writeParquet({
      connection,
      selectSql: `SELECT * FROM "${stage}" ORDER BY ${order}`,
      spec: table.spec,
      store: lake.store,
      expectedRows: rows.rows,
    });
  } finally {
    await connection.run(`DROP TABLE IF EXISTS "${stage}"`);
    connection.closeSync();
  }
}

const base = (file: ReferenceFile) => ({
  name: file.name,
  tableVersion: null,
  rows: null,
  faults: [],
  faultCount: 0,
  message: null,
  remedy: null,
});

const unread = (file: ReferenceFile): ReferenceStatus => ({ ...base(file), state: "unread" });

const absent = (file: ReferenceFile): ReferenceStatus => ({
  ...base(file),
  state: "absent",
  message: `${file.key} does not exist; ${file.table.name} stays as it is.`,
  remedy: `Put the file there if ${file.name} are to be known; it is read within seconds.`,
});

const loaded = (file: ReferenceFile, { version, files }: Snapshot): ReferenceStatus => ({
  ...base(file),
  state: "loaded",
  tableVersion: version,
  rows: files.reduce((rows, { stats }) => rows + stats.numRecords, 0),
});

const refused = (file: ReferenceFile, { faults, faultCount }: RefusedFile): ReferenceStatus => ({
  ...base(file),
  state: "refused",
  faults,
  faultCount,
  message: `${file.key} has ${faultCount} fault(s), first: ${faults[0] === undefined ? "" : faultText(faults[0])}.`,
  remedy: "Correct the lines named and put the file again; until then the last good version is used.",
});

const unavailable = (file: ReferenceFile, error: unknown): ReferenceStatus => ({
  ...base(file),
  state: "unavailable",
  message: error instanceof Error ? error.message : String(error),
  remedy: (error instanceof ConcordanceError ? error.remedy : null) ?? "It is tried again by itself.",
});

/** "line 7, mcc: "12" is not a merchant category code of four digits". */
export function faultText({ line, column, message }: ReferenceFault): string {
  const place = [line === null ? [] : `line ${line}`, column ?? []].flat().join(", ");
  return place === "" ? message : `${place}: ${message}`;
}

function tell(log: Logger, status: ReferenceStatus): void {
  const facts = { ...status, faults: status.faults.slice(0, 10).map(faultText) };
  if (status.state === "refused" || status.state === "unavailable") log.warn(facts, "reference file not taken");
  else log.info(facts, "reference file");
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
    if (signal.aborted) done();
  });
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlName, sqlText } from "../lake/duckdb";
import type { Lake } from "../lake/lake";
import { dataKey } from "../lake/log";
import { scanSql } from "../lake/scan";
import type { DataFile } from "../lake/snapshot";
import type { TableSpec } from "../lake/types";

/** Opening a small file costs more than reading it, so those of a live table are kept as rows in memory. */
export interface HotFiles {
  /** An SQL relation over exactly these files, wherever they are. Valid for a minute. */
  scan(spec: TableSpec, files: readonly DataFile[]): Promise<string>;
  close(): void;
}

/** Files above this are read from disk: their rows outweigh the cost of opening them. */
const FILE_ROWS_MAX = 20_000;
/** Rows times columns kept per table: about 32 MB. */
const CELLS_MAX = 2_000_000;
/** Fewer files than this are opened faster than they are taken in. */
const FILES_MIN = 4;
/** Longer than any read may take: until then a replaced table may still be read. */
const REPLACED_KEPT_MS = 60_000;

interface Generation {
  readonly name: string;
  /** Path -> number of the file inside the table. */
  readonly files: Map<string, { id: number; rows: number }>;
  rows: number;
  nextId: number;
}

export function openHotFiles(lake: Lake): HotFiles {
  const generations = new Map<string, Generation>();
  const turns = new Map<string, Promise<unknown>>();
  const timers = new Set<NodeJS.Timeout>();
  let loader: Promise<DuckDBConnection> | null = null;
  let made = 0;
  let closed = false;

  const connection = (): Promise<DuckDBConnection> => {
    loader ??= lake.db.connect();
    return loader;
  };

  const create = async (spec: TableSpec): Promise<Generation> => {
    const generation: Generation = { name: `hot_${spec.name}_${++made}`, files: new Map(), rows: 0, nextId: 0 };
    const nothing = await scanSql(lake.store, spec, []);
    await (await connection()).run(
      `CREATE TABLE ${sqlName(generation.name)} AS SELECT 0::INTEGER AS hot_file, * FROM ${nothing}`,
    );
    generations.set(spec.name, generation);
    return generation;
  };

  const load = async (generation: Generation, spec: TableSpec, files: readonly DataFile[]): Promise<void> => {
    if (files.length === 0) return;
    const base = generation.nextId;
    const paths = await Promise.all(files.map((file) => lake.store.localPath(dataKey(spec.name, file.path))));
    const list = `[${paths.map(sqlText).join(", ")}]`;
    const columns = spec.columns.map((column) => sqlName(column.name)).join(", ");
    const nothing = await scanSql(lake.store, spec, []);
    await (await connection()).run(
      `INSERT INTO ${sqlName(generation.name)} SELECT hot_file, ${columns} FROM (
         SELECT 0::INTEGER AS hot_file, * FROM ${nothing}
         UNION ALL BY NAME
         SELECT (${base} + list_position(${list}, filename))::INTEGER AS hot_file, * EXCLUDE (filename)
           FROM read_parquet(${list}, filename = true, union_by_name = true))`,
    );
    files.forEach((file, index) => {
      generation.files.set(file.path, { id: base + index + 1, rows: file.stats.numRecords });
      generation.rows += file.stats.numRecords;
    });
    generation.nextId = base + files.length;
  };

  const drop = (generation: Generation) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!closed) {
        connection()
          .then((c) => c.run(`DROP TABLE IF EXISTS ${sqlName(generation.name)}`))
          .catch(() => undefined);
      }
    }, REPLACED_KEPT_MS);
    timer.unref();
    timers.add(timer);
  };

  /** Files that are gone are not deleted but left behind with their generation, once they outnumber the living. */
  const prepare = async (spec: TableSpec, small: readonly DataFile[]): Promise<Generation> => {
    let generation = generations.get(spec.name) ?? (await create(spec));
    const wanted = new Set(small.map((file) => file.path));
    const current = lake.table(spec.name).current();
    for (const file of current.files) wanted.add(file.path);
    let dead = 0;
    for (const [path, { rows }] of generation.files) if (!wanted.has(path)) dead += rows;
    if (dead > generation.rows / 2 && dead > FILE_ROWS_MAX) {
      drop(generation);
      generation = await create(spec);
    }
    await load(
      generation,
      spec,
      small.filter((file) => !generation.files.has(file.path)),
    );
    return generation;
  };

  const inTurn = <T>(table: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(table) ?? Promise.resolve()).catch(() => undefined).then(work);
    turns.set(table, turn);
    return turn;
  };

  return {
    scan: async (spec, files) => {
      const small = keepable(spec, files);
      if (small.length < FILES_MIN) return scanSql(lake.store, spec, files);
      const generation = await inTurn(spec.name, () => prepare(spec, small));
      const kept = new Set(small.map((file) => file.path));
      const rest = files.filter((file) => !kept.has(file.path));
      const hot = `SELECT * EXCLUDE (hot_file) FROM ${sqlName(generation.name)} WHERE ${idsSql(generation, small)}`;
      if (rest.length === 0) return `(${hot})`;
      return `(${hot} UNION ALL BY NAME SELECT * FROM ${await scanSql(lake.store, spec, rest)})`;
    },
    close: () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      loader?.then((c) => c.closeSync()).catch(() => undefined);
    },
  };
}

/** The newest small files, up to what is kept per table. */
function keepable(spec: TableSpec, files: readonly DataFile[]): DataFile[] {
  const rowsMax = CELLS_MAX / spec.columns.length;
  const kept: DataFile[] = [];
  let rows = 0;
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index];
    if (file === undefined || file.stats.numRecords < 0 || file.stats.numRecords > FILE_ROWS_MAX) continue;
    if (rows + file.stats.numRecords > rowsMax) continue;
    rows += file.stats.numRecords;
    kept.push(file);
  }
  return kept.reverse();
}

/** Exactly these files: a range where their numbers leave none out, else a list. */
function idsSql(generation: Generation, files: readonly DataFile[]): string {
  const ids = files.map((file) => generation.files.get(file.path)?.id ?? -1).sort((a, b) => a - b);
  const [first = 0, last = 0] = [ids[0], ids.at(-1)];
  if (last - first === ids.length - 1) return `hot_file BETWEEN ${first} AND ${last}`;
  return `hot_file IN (SELECT unnest([${ids.join(", ")}]))`;
}

import { ConcordanceError } from "../../server/domain/errors";
import type { Lake } from "../../server/lake/lake";

/** Files below this want compaction, bytes. */
const SMALL_FILE_BYTES = 16 * 1024 * 1024;

export interface TableDescription {
  readonly name: string;
  readonly kind: string;
  /** What a foreign Delta reader opens. */
  readonly path: string;
  readonly version: number;
  readonly rows: number;
  readonly files: number;
  readonly smallFiles: number;
  readonly bytes: number;
  readonly lastCommit: string;
  readonly marks: Readonly<Record<string, string>>;
}

export async function describeTables(lake: Lake, only: string | null): Promise<TableDescription[]> {
  const wanted = lake.tables.filter((table) => only === null || table.spec.name === only);
  if (wanted.length === 0) {
    throw new ConcordanceError({
      kind: "invalid_input",
      code: "no_such_table",
      message: `There is no table ${only}.`,
      remedy: `The tables are ${lake.tables.map((table) => table.spec.name).join(", ")}.`,
    });
  }
  return Promise.all(
    wanted.map(async (table) => {
      const snapshot = await table.refresh();
      return {
        name: table.spec.name,
        kind: table.spec.kind,
        path: `${lake.store.address}/tables/${table.spec.name}`,
        version: snapshot.version,
        rows: snapshot.files.reduce((sum, file) => sum + file.stats.numRecords, 0),
        files: snapshot.files.length,
        smallFiles: snapshot.files.filter((file) => file.size < SMALL_FILE_BYTES).length,
        bytes: snapshot.files.reduce((sum, file) => sum + file.size, 0),
        lastCommit: new Date(snapshot.timestampMs).toISOString(),
        marks: Object.fromEntries([...snapshot.marks].map(([appId, version]) => [appId, String(version)])),
      };
    }),
  );
}

export function tablesText(tables: readonly TableDescription[]): string {
  return tables
    .map((t) => {
      const marks = Object.entries(t.marks).map(([appId, version]) => `    mark ${appId} = ${version}\n`);
      return `${t.name} (${t.kind}) version ${t.version}: ${t.rows} rows, ${t.files} files (${t.smallFiles} small), ${t.bytes} bytes\n    ${t.path}\n${marks.join("")}`;
    })
    .join("");
}

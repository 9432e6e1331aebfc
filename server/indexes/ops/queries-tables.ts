import { formatInstant } from "../../domain/time";
import type { Snapshot } from "../../lake/snapshot";
import type { LakeReader } from "../../query/reader";
import type { TableFacts, Tables } from "./contract";
import { asOfOps } from "./queries";

/** Smaller files cost more to open than to read; compaction makes them into larger ones. */
const SMALL_FILE_BYTES = 16 * 1024 * 1024;

/** Every table of the lake by its log alone: no data is read. */
export async function readTables(reader: LakeReader, signal?: AbortSignal): Promise<Tables> {
  return reader.read({ name: "ops.tables", signal }, async (view) => ({
    tables: [...view.snapshots.values()].map((snapshot) => factsOf(reader.lake.store.address, snapshot)),
    asOf: asOfOps(view, [...view.snapshots.keys()]),
  }));
}

function factsOf(address: string, { spec, version, timestampMs, files, marks }: Snapshot): TableFacts {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return {
    name: spec.name,
    kind: spec.kind,
    description: spec.description,
    path: `${address.replace(/\/$/, "")}/tables/${spec.name}`,
    version,
    // Creation has no time of its own: only a commit of rows does.
    committedAt: version === 0 || timestampMs === 0 ? null : formatInstant(BigInt(timestampMs) * 1000n),
    rows: files.reduce((sum, file) => sum + file.stats.numRecords, 0),
    files: files.length,
    bytes,
    smallFiles: files.filter((file) => file.size < SMALL_FILE_BYTES).length,
    averageFileBytes: files.length === 0 ? null : Math.round(bytes / files.length),
    logDays: spec.retention.logDays,
    dataDays: spec.retention.dataDays,
    columns: spec.columns.map(({ name, type, nullable, comment }) => ({ name, type, nullable, comment })),
    marks: [...marks].map(([appId, at]) => ({ appId, version: at })).sort((a, b) => (a.appId < b.appId ? -1 : 1)),
  };
}

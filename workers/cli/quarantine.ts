import { ConcordanceError } from "../../server/domain/errors";
import type { Lake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { QUARANTINE_CODES, type QuarantineCode } from "../../server/pipeline/quarantine-codes";
import { QUARANTINE } from "../../server/pipeline/tables";
import { writeResult } from "../../server/query/format";

async function scanQuarantine(lake: Lake): Promise<string> {
  const table = lake.table(QUARANTINE.name);
  return scanSql(lake.store, table.spec, (await table.refresh()).files);
}

export async function listQuarantine(
  lake: Lake,
  options: { code: string | null; limit: number; json: boolean },
  write: (text: string) => Promise<void>,
): Promise<void> {
  const connection = await lake.db.connect();
  try {
    const scan = await scanQuarantine(lake);
    const groups = `SELECT code, source, count(*) AS records, min(ingested_at) AS first, max(ingested_at) AS last
      FROM ${scan} GROUP BY ALL ORDER BY records DESC, code`;
    const rows = `SELECT quarantine_id, code, field, source, source_partition, source_offset, message FROM ${scan}
      WHERE code = $code ORDER BY ingested_at, source, source_partition, source_offset LIMIT ${Math.max(1, Math.trunc(options.limit))}`;
    const result =
      options.code === null ? await connection.stream(groups) : await connection.stream(rows, { code: options.code });
    await writeResult(result, options.json ? "json" : "table", write);
  } finally {
    connection.closeSync();
  }
}

export async function showQuarantine(lake: Lake, id: string): Promise<Record<string, unknown>> {
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT * FROM ${await scanQuarantine(lake)} WHERE quarantine_id = $id`,
      { id },
    );
    const [row] = reader.getRowObjectsJson();
    const [bytes] = reader.getRowObjectsJS();
    if (row === undefined) {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_quarantine_id",
        message: `No quarantined record has the id ${id}.`,
        remedy: "`concordance quarantine list --code CODE` shows ids.",
      });
    }
    const stored = bytes?.raw instanceof Uint8Array ? bytes.raw : null;
    const path = typeof row.raw_path === "string" ? row.raw_path : null;
    const raw = stored ?? (path === null ? null : await lake.store.get(path));
    const code = String(row.code) as QuarantineCode;
    return {
      ...row,
      raw: raw === null ? null : Buffer.from(raw).toString("utf8"),
      remedy: QUARANTINE_CODES[code] ?? null,
    };
  } finally {
    connection.closeSync();
  }
}

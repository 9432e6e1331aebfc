import type { Request } from "../../db/reconciliation";
import { ConcordanceError } from "../../domain/errors";
import { dayNumber } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import type { Lake } from "../../lake/lake";
import { writeParquet } from "../../lake/parquet";
import { scanSql } from "../../lake/scan";
import type { Snapshot } from "../../lake/snapshot";
import { type CellValue, TableBuffer } from "../../lake/table-buffer";
import { RECONCILIATION_DECISIONS } from "./tables";

/** Its version is the sequence of the newest decision; moved in the same commit, so of two writers one goes first. */
const MARK = "decisions/reconciliation";
const COMMIT_TRIES_MAX = 20;
const STAGED = "decided";

/** Sequence of the newest decision in a snapshot of the table; 0 where there is none. */
export const newestSequence = ({ marks }: Snapshot): bigint => marks.get(MARK) ?? 0n;

export interface Recorded {
  readonly recorded: readonly string[];
  /** Requests that a decision made since no longer allows. */
  readonly overtaken: readonly Request[];
}

/**
 * Appends agreed decisions to the lake, all in one commit. A decision that is there already is not written again, so a
 * process that died before it could say so is finished by the next one.
 */
export async function recordDecisions(lake: Lake, requests: readonly Request[]): Promise<Recorded> {
  const table = lake.table(RECONCILIATION_DECISIONS.name);
  for (let attempt = 0; attempt < COMMIT_TRIES_MAX; attempt++) {
    const snapshot = await table.refresh();
    const { known, overtaken } = await standingOf(lake, snapshot, requests);
    const fresh = requests.filter((request) => !known.has(request.id) && !overtaken.includes(request));
    const recorded = requests.filter((request) => !overtaken.includes(request)).map(({ id }) => id);
    if (fresh.length === 0) return { recorded, overtaken };
    const base = newestSequence(snapshot);
    const outcome = await table.commit({
      adds: [await write(lake, fresh, base)],
      marks: [{ appId: MARK, version: base + BigInt(fresh.length), base: snapshot.marks.get(MARK) ?? -1n }],
      operation: "WRITE",
      info: { act: "decide", decisions: fresh.length },
    });
    if (outcome.kind === "committed") return { recorded, overtaken };
  }
  throw new ConcordanceError({
    kind: "unavailable",
    code: "decision_not_recorded",
    message: "The decision is agreed, but could not be written to the lake yet: others kept writing first.",
    remedy: "It is written with the next decision, or when the approvals are next looked at.",
  });
}

/** Which requests are in the lake already, and whose items have been decided anew since they were checked. */
async function standingOf(lake: Lake, snapshot: Snapshot, requests: readonly Request[]) {
  const scan = await scanSql(lake.store, snapshot.spec, snapshot.files);
  const keys = requests.flatMap(({ items }) => items.map(({ itemKey }) => itemKey));
  const connection = await lake.db.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT decision_id, item_key, sequence FROM ${scan} WHERE item_key IN (${keys.map(sqlText).join(", ")})`,
    );
    const rows = reader.getRows().map(([id, key, sequence]) => ({ id: String(id), key: String(key), sequence }));
    const known = new Set(rows.map(({ id }) => id));
    const overtaken = requests.filter(
      (request) =>
        !known.has(request.id) &&
        rows.some(
          ({ key, sequence }) =>
            BigInt(String(sequence)) > request.seenSequence && request.items.some(({ itemKey }) => itemKey === key),
        ),
    );
    return { known, overtaken };
  } finally {
    connection.closeSync();
  }
}

async function write(lake: Lake, requests: readonly Request[], base: bigint) {
  const buffer = new TableBuffer(RECONCILIATION_DECISIONS);
  requests.forEach((request, place) => {
    for (const row of rowsOf(request, base + BigInt(place) + 1n)) buffer.push(row);
  });
  const connection = await lake.db.connect();
  try {
    await buffer.stage(connection, STAGED);
    const file = await writeParquet({
      connection,
      selectSql: `SELECT * FROM ${STAGED}`,
      spec: RECONCILIATION_DECISIONS,
      store: lake.store,
    });
    if (file === null) {
      throw new ConcordanceError({ kind: "internal", code: "nothing_written", message: "The decision wrote no row." });
    }
    return file;
  } finally {
    connection.closeSync();
  }
}

function rowsOf(request: Request, sequence: bigint): CellValue[][] {
  const micros = (ms: number | null) => (ms === null ? null : BigInt(ms) * 1000n);
  const { approvedBy, approvedAtMs } = request.needsApproval
    ? { approvedBy: request.decidedBy, approvedAtMs: request.decidedAtMs }
    : { approvedBy: null, approvedAtMs: null };
  return request.items.map((item) => {
    const cells: Readonly<Record<string, CellValue>> = {
      decision_id: request.id,
      sequence,
      item_key: item.itemKey,
      business_date: dayNumber(request.businessDate),
      kind: request.kind,
      side: item.side,
      currency: item.currency,
      exponent: item.exponent,
      amount_minor: item.amountMinor === null ? null : BigInt(item.amountMinor),
      residual_minor: request.residualMinor,
      supersedes: request.supersedes,
      reason: request.reason,
      decided_by: request.requestedBy,
      decided_at: micros(request.requestedAtMs),
      approved_by: approvedBy,
      approved_at: micros(approvedAtMs),
    };
    return RECONCILIATION_DECISIONS.columns.map(({ name }) => cells[name] ?? null);
  });
}

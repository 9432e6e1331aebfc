import type { StatementDetail, StatementEntry, StatementOpening, StatementOutcome, StatementTotals } from "../model";
import { type ReadOptions, readStatements } from "../reader";

export interface ReadFile {
  readonly openings: StatementOpening[];
  readonly entries: StatementEntry[];
  readonly details: StatementDetail[];
  readonly totals: StatementTotals[];
  readonly outcome: StatementOutcome;
}

/** Reads a whole file in memory, in pieces of `pieceBytes`. */
export async function readFileOf(
  content: string | Uint8Array,
  options: Partial<ReadOptions> = {},
  pieceBytes = Number.POSITIVE_INFINITY,
): Promise<ReadFile> {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const reading = readStatements(pieces(bytes, pieceBytes), { name: "statement", ...options });
  const file: ReadFile = { openings: [], entries: [], details: [], totals: [], outcome: undefined as never };
  for await (const item of reading) {
    if (item.kind === "statement") file.openings.push(item.opening);
    else if (item.kind === "entry") file.entries.push(item.entry);
    else if (item.kind === "detail") file.details.push(item.detail);
    else file.totals.push(item.totals);
  }
  return { ...file, outcome: reading.outcome() };
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  if (size >= bytes.length) {
    yield bytes;
    return;
  }
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** The fault's code; "ok" for an accepted file. */
export const verdict = ({ outcome }: ReadFile): string => (outcome.ok ? "ok" : outcome.fault.code);

import { parse as parseCsv } from "csv-parse/sync";
import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import type { NewRequest } from "../../db/reconciliation";
import { ConcordanceError } from "../../domain/errors";
import { DecideCommand, type Fixes, type FixesCommand } from "./contract-decisions";
import { type Checked, checkedItems, checkGroup, limitOf, sidesOf, weigh } from "./mutations-check";
import { type DecisionSources, finishAgreed, type Ground, onGround, requestOf, submit } from "./mutations-decisions";
import { groupBy } from "./rows-items";

const ROWS_MAX = 20_000;
/** Decisions of one transaction. */
const AT_ONCE = 500;
const REASON_CHARS_MIN = 3;

interface Line {
  /** In the file, the names being line 1. */
  readonly line: number;
  readonly breakId: string;
  readonly decision: string;
  readonly reason: string;
  /** Null where the column was taken out. */
  readonly itemKeys: string | null;
}

/**
 * The breaks file come back with `decision` and `reason` filled in: says what each line would do and why lines are refused,
 * and does it where asked to. Lines without a decision are left alone.
 */
export async function applyFixes(
  sources: DecisionSources,
  { person }: AuthorizedScope,
  { csv, apply }: z.infer<typeof FixesCommand>,
): Promise<Fixes> {
  const lines = linesOf(csv);
  if (apply) await finishAgreed(sources, person);
  const { answer, requests } = await onGround(sources, "reconciliation.fixes", (ground) => judged(ground, lines));
  if (!apply) return answer;
  for (let from = 0; from < requests.length; from += AT_ONCE) {
    await submit(sources, person, requests.slice(from, from + AT_ONCE));
  }
  return { ...answer, applied: true };
}

async function judged(ground: Ground, lines: readonly Line[]): Promise<{ answer: Fixes; requests: NewRequest[] }> {
  const wanted = lines.filter(({ decision }) => decision !== "");
  const found = await checkedItems(ground.view, ground.pinned, "state = 'break'");
  const byBreak = groupBy(found.values(), ({ breakId }) => breakId ?? "");
  const answer: Fixes = {
    rows: lines.length,
    untouched: lines.length - wanted.length,
    accepted: [],
    refused: [],
    sums: [],
    applied: false,
  };
  const requests: NewRequest[] = [];
  const decided: Checked[] = [];
  const seen = new Set<string>();
  for (const line of wanted) {
    try {
      if (seen.has(line.breakId)) throw fault("This break stands in the file twice.");
      seen.add(line.breakId);
      const { kind, items } = groupOf(line, byBreak.get(line.breakId) ?? [], found);
      const request = requestOf(ground, { kind, breakId: line.breakId, items, supersedes: null, reason: line.reason });
      const { needsApproval } = weigh(kind, items, ground.limits);
      answer.accepted.push({ line: line.line, breakId: line.breakId, decision: kind, needsApproval });
      requests.push(request);
      decided.push(...items);
    } catch (error) {
      if (!(error instanceof ConcordanceError)) throw error;
      answer.refused.push({ line: line.line, breakId: line.breakId, message: error.message });
    }
  }
  answer.sums.push(
    ...sidesOf(decided).map((side) => ({
      ...side,
      differenceMinor: side.externalMinor - side.internalMinor,
      limitMinor: limitOf(ground.limits, side.currency, side.exponent),
    })),
  );
  return { answer, requests };
}

function groupOf(line: Line, items: readonly Checked[], found: ReadonlyMap<string, Checked>) {
  const kind = DecideCommand.shape.kind.safeParse(line.decision);
  if (!kind.success) throw fault(`"${line.decision}" is no decision: match, force_match and write_off are.`);
  if (line.reason.length < REASON_CHARS_MIN) throw fault("The reason is missing.");
  if (items.length === 0) throw fault("The newest close tells of no such break: it was resolved meanwhile.");
  const itemKeys = items.map(({ itemKey }) => itemKey).sort();
  if (line.itemKeys !== null && line.itemKeys.split(" ").sort().join(" ") !== itemKeys.join(" ")) {
    throw fault("Its items are no longer those of the file: download it anew.");
  }
  return { kind: kind.data, items: checkGroup(kind.data, { breakId: line.breakId, itemKeys }, found) };
}

const fault = (message: string) =>
  new ConcordanceError({ kind: "invalid_input", code: "bad_fix", message, remedy: "Correct the line." });

/** Throws `bad_fixes` where the text is no CSV with the columns needed. */
function linesOf(csv: string): Line[] {
  let rows: Record<string, string>[];
  try {
    rows = parseCsv(csv, { columns: true, bom: true, skip_empty_lines: true, to: ROWS_MAX + 1 });
  } catch (cause) {
    throw badFile(cause instanceof Error ? cause.message : String(cause));
  }
  if (rows.length > ROWS_MAX) throw badFile(`it has more than ${ROWS_MAX} lines`);
  const missing = ["break_id", "decision", "reason"].filter((name) => rows[0] !== undefined && !(name in rows[0]));
  if (missing.length > 0) throw badFile(`it has no column ${missing.join(", ")}`);
  return rows.map((row, place) => ({
    line: place + 2,
    breakId: plain(row.break_id ?? ""),
    decision: (row.decision ?? "").trim().toLowerCase().replaceAll(" ", "_"),
    reason: plain(row.reason ?? "").trim(),
    itemKeys: row.item_keys === undefined || row.item_keys === "" ? null : plain(row.item_keys),
  }));
}

/** Takes off the apostrophe that keeps a spreadsheet from reading a cell as a formula. */
const plain = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

const badFile = (why: string) =>
  new ConcordanceError({
    kind: "invalid_input",
    code: "bad_fixes",
    message: `The file cannot be read: ${why}.`,
    remedy: "Send back the breaks file as it was exported as CSV, with decision and reason filled in.",
  });

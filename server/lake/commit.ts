import type { DataFile } from "./snapshot";

export interface CommitRequest {
  readonly adds: readonly DataFile[];
  readonly removes?: readonly DataFile[];
  readonly marks: readonly {
    readonly appId: string;
    readonly version: bigint;
    /** Where the mark must stand for the rows to be right, -1 for nowhere yet. Left out, any place below `version` will do. */
    readonly base?: bigint;
  }[];
  /** Marks that are not moved but must stand exactly here, -1 for nowhere yet: what else the rows were decided upon. */
  readonly expects?: readonly { readonly appId: string; readonly version: bigint }[];
  readonly operation: "WRITE" | "OPTIMIZE" | "REPLACE" | "DELETE";
  /** False where rows only move between files (compaction). */
  readonly dataChange?: boolean;
  readonly info?: Readonly<Record<string, string | number | boolean | null>>;
}

export type CommitOutcome =
  | { readonly kind: "committed"; readonly version: number; readonly timestampMs: number }
  /** Another writer has moved one of the marks: the rows are in the table already, or were decided upon what holds no more. */
  | { readonly kind: "mark_moved"; readonly appId: string; readonly markNow: bigint }
  /** Another writer has removed a file this commit removes. */
  | { readonly kind: "file_removed"; readonly path: string };

const NO_MARK = -1n;

/** The first mark that does not stand where the commit needs it; null where all do. */
export function movedMark(
  { marks, expects = [] }: CommitRequest,
  now: ReadonlyMap<string, bigint>,
): Extract<CommitOutcome, { kind: "mark_moved" }> | null {
  for (const { appId, version, base } of marks) {
    const markNow = now.get(appId) ?? NO_MARK;
    if (markNow >= version || (base !== undefined && markNow !== base)) return { kind: "mark_moved", appId, markNow };
  }
  for (const { appId, version } of expects) {
    const markNow = now.get(appId) ?? NO_MARK;
    if (markNow !== version) return { kind: "mark_moved", appId, markNow };
  }
  return null;
}

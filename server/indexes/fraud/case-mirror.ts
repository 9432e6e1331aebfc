import { type Case, CHANGES_MAX, changedCases } from "../../db/cases";
import type { Queries } from "../../db/connect";
import type { Lake } from "../../lake/lake";
import { type Mirror, openMirror } from "../../query/mirror";

/** The cases of Postgres as a DuckDB table (alert_id, status, assignee_id, version), so that the queue can filter by them. */
export interface CaseMirror {
  /** The table, holding every case changed until now. */
  fresh(): Promise<string>;
  /** Takes in changes just made, so that the next read of this process shows them. */
  took(changed: readonly Case[]): Promise<void>;
  close(): void;
}

/** Reads only what changed since the last look: a hundred thousand cases cost nothing while they rest. */
export function openCaseMirror(lake: Lake, db: Queries): CaseMirror {
  let mirror: Promise<Mirror> | null = null;
  let newestMs: number | null = null;
  /** Version per alert, so that cases seen again are not written again. */
  const versions = new Map<string, number>();
  let turn: Promise<unknown> = Promise.resolve();

  const open = (): Promise<Mirror> => {
    mirror ??= openMirror(lake, "cases", ["alert_id", "status", "assignee_id", "version"]);
    return mirror;
  };
  const put = async (rows: readonly Case[]): Promise<void> => {
    const unseen = rows.filter((row) => (versions.get(row.alertId) ?? 0) < row.version);
    const target = await open();
    await target.put(unseen.map((row) => [row.alertId, row.status, row.assigneeId, String(row.version)]));
    for (const row of unseen) versions.set(row.alertId, row.version);
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const run = turn.catch(() => undefined).then(work);
    turn = run;
    return run;
  };

  return {
    fresh: () =>
      inTurn(async () => {
        for (;;) {
          const rows = await changedCases(db, newestMs);
          await put(rows);
          newestMs = rows.at(-1)?.updatedAtMs ?? newestMs;
          if (rows.length < CHANGES_MAX) break;
        }
        return (await open()).table;
      }),
    took: (changed) => inTurn(() => put(changed)),
    close: () => {
      mirror?.then((opened) => opened.close()).catch(() => undefined);
    },
  };
}

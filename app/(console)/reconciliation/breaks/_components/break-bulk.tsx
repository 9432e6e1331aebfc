"use client";

import { Button } from "@mantine/core";
import { useState } from "react";
import type { BreakRow } from "@/server/indexes/reconciliation/contract";
import type { AskedDecision } from "./decide-dialog";
import { SnoozeDialog } from "./snooze-dialog";

export interface BreakBulkProps {
  readonly rows: readonly BreakRow[];
  readonly busy: boolean;
  readonly onAsk: (asked: AskedDecision) => void;
  readonly onAssign: (breakIds: readonly string[], assignee: string | null) => void;
}

/** What can be done to every selected break; what decides says first what it will do. */
export function BreakBulk({ rows, busy, onAsk, onAssign }: BreakBulkProps) {
  const [snoozing, setSnoozing] = useState(false);
  const ids = rows.map(({ breakId }) => breakId);
  const [first] = rows;
  const together = (kind: "match" | "force_match") =>
    onAsk({ kind, groups: [{ breakId: first?.breakId ?? "", itemKeys: rows.flatMap(({ itemKeys }) => itemKeys) }] });
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        onClick={() =>
          onAsk({
            kind: "write_off",
            groups: rows.map(({ breakId, itemKeys }) => ({ breakId, itemKeys: [...itemKeys] })),
          })
        }
      >
        Write off
      </Button>
      <Button variant="default" size="compact-sm" onClick={() => together("match")}>
        Match together
      </Button>
      <Button variant="default" size="compact-sm" onClick={() => together("force_match")}>
        Force match
      </Button>
      <Button variant="default" size="compact-sm" disabled={busy} onClick={() => onAssign(ids, "me")}>
        Assign to me
      </Button>
      <Button variant="default" size="compact-sm" onClick={() => setSnoozing(true)}>
        Snooze
      </Button>
      {snoozing && <SnoozeDialog breakIds={ids} onClose={() => setSnoozing(false)} />}
    </>
  );
}

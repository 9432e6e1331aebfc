"use client";

import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import type { JobCell } from "@/server/indexes/ops/contract-jobs";
import classes from "../../_components/operations.module.css";
import { cellWords, changedText } from "./job-words";
import type { JobVerbs } from "./use-job-verbs";

const SHOWN_MAX = 12;

export interface AttentionProps {
  /** The oldest first. */
  readonly cells: readonly JobCell[];
  readonly mayRun: boolean;
  readonly verbs: JobVerbs;
  readonly onOpen: (cell: JobCell) => void;
}

/** What wants a person: runs that failed for good, and dates that have changed since they were closed. */
export function Attention({ cells, mayRun, verbs, onOpen }: AttentionProps) {
  const failed = cells.filter(({ state }) => state === "failed");
  const changed = cells.filter(({ state }) => state === "changed");
  if (failed.length + changed.length === 0) return null;
  return (
    <div className={classes.pair}>
      {failed.length > 0 && (
        <Wanting
          title={`Failed: ${failed.length}`}
          verb="Resume what failed"
          cells={failed}
          textOf={({ latest }) => latest?.fault?.message ?? ""}
          {...{ mayRun, verbs, onOpen }}
        />
      )}
      {changed.length > 0 && (
        <Wanting
          title={`Changed since they were closed: ${changed.length}`}
          verb="Run these again"
          cells={changed}
          textOf={({ changed: what }) => (what === null ? "" : changedText(what))}
          {...{ mayRun, verbs, onOpen }}
        />
      )}
    </div>
  );
}

interface WantingProps extends AttentionProps {
  readonly title: string;
  readonly verb: string;
  readonly textOf: (cell: JobCell) => string;
}

function Wanting({ title, verb, cells, textOf, mayRun, verbs, onOpen }: WantingProps) {
  const [asking, setAsking] = useState(false);
  const runAll = async () => {
    setAsking(false);
    for (const { index, businessDate } of cells) {
      await verbs.start({ index, from: businessDate, to: businessDate, mode: "commit", reason: verb.toLowerCase() });
    }
  };
  return (
    <Panel
      title={title}
      flush
      actions={
        mayRun && (
          <Button variant="default" loading={verbs.busy} onClick={() => setAsking(true)}>
            {verb}
          </Button>
        )
      }
    >
      {cells.slice(0, SHOWN_MAX).map((cell) => (
        <div key={`${cell.index}/${cell.businessDate}`} className={classes.balance}>
          <StatusBadge tone={cellWords(cell).tone}>{cellWords(cell).word}</StatusBadge>
          <button type="button" className={classes.choose} onClick={() => onOpen(cell)}>
            {cell.index} {cell.businessDate}
          </button>
          <span className={classes.dim}>{textOf(cell)}</span>
        </div>
      ))}
      {cells.length > SHOWN_MAX && <p className={classes.balance}>and {cells.length - SHOWN_MAX} more</p>}
      <ConfirmDialog
        opened={asking}
        title={verb}
        consequence={
          <>
            Queues {cells.length} run{cells.length === 1 ? "" : "s"}, the oldest date first. Each replaces its date in
            one commit; what was closed before stays readable as of that close. Later dates read earlier ones, so they
            may be listed here afterwards.
          </>
        }
        confirmLabel={`Queue ${cells.length}`}
        onConfirm={() => void runAll()}
        onClose={() => setAsking(false)}
      />
    </Panel>
  );
}

"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTRPC } from "@/components/trpc/client";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { JobCell, RunSummary } from "@/server/indexes/ops/contract-jobs";
import { FootPanel } from "../../_components/foot-panel";
import shared from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import { cellWords, changedText, isOpen, runTitle, runWords } from "./job-words";
import classes from "./jobs.module.css";
import type { RunWanted } from "./run-dialog";
import { RunView } from "./run-view";
import type { JobVerbs } from "./use-job-verbs";

const REFRESH_MS = 1_000;

export interface DatePanelProps {
  readonly cell: JobCell;
  readonly title: string;
  readonly runId: string | null;
  readonly mayRun: boolean;
  readonly verbs: JobVerbs;
  readonly onRunId: (runId: string) => void;
  readonly onRun: (wanted: RunWanted) => void;
  readonly onClose: () => void;
}

/** One index and date: what it holds, every run of it, and the verbs. */
export function DatePanel({ cell, title, runId, mayRun, verbs, onRunId, onRun, onClose }: DatePanelProps) {
  const trpc = useTRPC();
  const { index, businessDate } = cell;
  const query = useQuery(trpc.ops.runs.queryOptions({ index, businessDate }, { refetchInterval: REFRESH_MS }));
  const runs = query.data?.runs;
  const first = runs?.[0]?.id;
  useEffect(() => {
    if (runId === null && first !== undefined) onRunId(first);
  }, [runId, first, onRunId]);
  const { tone, word } = cellWords(cell);
  const dryRun = async () => {
    const [id] = await verbs.start({ index, from: businessDate, to: businessDate, mode: "dry_run" });
    if (id !== undefined) onRunId(id);
  };
  return (
    <FootPanel
      label={`${title} of ${businessDate}`}
      of={`${index}/${businessDate}`}
      title={
        <span className={classes.verbs}>
          <b>
            {title} of {businessDate}
          </b>
          <StatusBadge tone={tone}>{word}</StatusBadge>
        </span>
      }
      actions={mayRun && <Verbs cell={cell} runs={runs ?? []} verbs={verbs} onDryRun={dryRun} onRun={onRun} />}
      onClose={onClose}
    >
      <div className={classes.open}>
        <div>
          <Facts cell={cell} />
          <QueryBoundary
            query={query}
            skeletonRows={3}
            empty={({ runs: none }) =>
              none.length === 0 ? <p className={shared.small}>Nobody has run this date yet.</p> : null
            }
          >
            {(found) => <RunList runs={found.runs} opened={runId} onOpen={onRunId} />}
          </QueryBoundary>
        </div>
        <div>{runId !== null && <RunView key={runId} {...{ runId, mayRun, verbs, onRunId }} />}</div>
      </div>
    </FootPanel>
  );
}

interface VerbsProps {
  readonly cell: JobCell;
  readonly runs: readonly RunSummary[];
  readonly verbs: JobVerbs;
  readonly onDryRun: () => void;
  readonly onRun: (wanted: RunWanted) => void;
}

function Verbs({ cell, runs, verbs, onDryRun, onRun }: VerbsProps) {
  const open = (mode: RunSummary["mode"]) => runs.some((run) => run.mode === mode && isOpen(run));
  return (
    <>
      <Button size="compact-sm" loading={verbs.busy} disabled={open("dry_run")} onClick={onDryRun}>
        Dry run
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        disabled={open("commit")}
        onClick={() => onRun({ index: cell.index, from: cell.businessDate })}
      >
        {cell.closes === null ? "Run …" : "Run again …"}
      </Button>
    </>
  );
}

function Facts({ cell: { inputRows, closes, changed } }: { cell: JobCell }) {
  return (
    <>
      <p className={classes.facts}>
        <span>{inputRows === null ? "input not counted yet" : `${numberText(inputRows)} rows of input`}</span>
        <span>{closes === null ? "never closed" : closes === 1 ? "closed once" : `closed ${closes} times`}</span>
      </p>
      {changed !== null && <p className={classes.notice}>Changed since its close: {changedText(changed)}.</p>}
    </>
  );
}

interface RunListProps {
  readonly runs: readonly RunSummary[];
  readonly opened: string | null;
  readonly onOpen: (runId: string) => void;
}

function RunList({ runs, opened, onOpen }: RunListProps) {
  return (
    <ul className={classes.runs} aria-label="Runs of this date">
      {runs.map((run) => {
        const { tone, word } = runWords(run);
        return (
          <li key={run.id}>
            <button
              type="button"
              className={classes.run}
              aria-pressed={run.id === opened}
              onClick={() => onOpen(run.id)}
            >
              <StatusBadge tone={tone}>{word}</StatusBadge>
              <span>{runTitle(run)}</span>
              <span className={shared.small}>
                <Time at={run.endedAt ?? run.startedAt ?? run.askedAt} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

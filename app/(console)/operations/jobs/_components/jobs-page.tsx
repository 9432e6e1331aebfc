"use client";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { usePageKeys } from "@/components/console/use-page-keys";
import { useTRPC } from "@/components/trpc/client";
import { QueryBoundary } from "@/components/ui/query-boundary";
import type { Jobs } from "@/server/indexes/ops/contract-jobs";
import classes from "../../_components/operations.module.css";
import { Attention } from "./attention";
import { DatePanel } from "./date-panel";
import { JobsGrid } from "./jobs-grid";
import { DAYS_SHOWN, type JobsState, jobsParsers } from "./jobs-state";
import { RunDialog, type RunWanted } from "./run-dialog";
import { SchedulePanel } from "./schedule-panel";
import { useJobVerbs } from "./use-job-verbs";

const DAY_MS = 86_400_000;
const REFRESH_MS = 2_000;
/** A final is as true as its last close: nothing here is promised by the second. */
const PROMISE_MS = 26 * 3_600_000;

/** What of each day is closed, what runs, what waits and why; and the verbs to run it. */
export function JobsPage() {
  const trpc = useTRPC();
  const { can } = useMe();
  const [state, setState] = useQueryStates(jobsParsers, { history: "push" });
  const [wanted, setWanted] = useState<RunWanted | null>(null);
  const until = state.until ?? pastShown(state);
  const query = useQuery(trpc.ops.jobs.queryOptions({ until, days: state.days }, { refetchInterval: REFRESH_MS }));
  const close = () => void setState({ index: null, date: null, run: null });
  usePageKeys([{ key: "escape", label: "Close the date", run: close }]);
  const mayRun = can("ops", "write");
  return (
    <>
      <PageHeader
        title="Jobs"
        asOf={query.data?.asOf}
        promiseMs={PROMISE_MS}
        description="Final indexes by business date. A run replaces its date in one commit; a dry run shows first what it would change."
        actions={
          mayRun && (
            <Button disabled={query.data === undefined} onClick={() => setWanted({ index: null, from: null })}>
              Run dates …
            </Button>
          )
        }
      />
      <QueryBoundary query={query} skeletonRows={14}>
        {(jobs) => <Shown jobs={jobs} state={state} onState={setState} mayRun={mayRun} onRun={setWanted} />}
      </QueryBoundary>
      {query.data !== undefined && <RunDialog jobs={query.data} wanted={wanted} onClose={() => setWanted(null)} />}
    </>
  );
}

/** A date that is open but older than what is shown otherwise: then it is the newest shown. */
function pastShown({ date, days }: JobsState): string | null {
  const oldest = new Date(Date.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  return date !== null && date < oldest ? date : null;
}

interface ShownProps {
  readonly jobs: Jobs;
  readonly state: JobsState;
  readonly onState: (change: Partial<JobsState>) => unknown;
  readonly mayRun: boolean;
  readonly onRun: (wanted: RunWanted) => void;
}

function Shown({ jobs, state, onState, mayRun, onRun }: ShownProps) {
  const verbs = useJobVerbs();
  const cell = jobs.cells.find(({ index, businessDate }) => index === state.index && businessDate === state.date);
  return (
    <div className={classes.stack}>
      <SchedulePanel indexes={jobs.indexes} workers={jobs.workers} />
      <Attention
        cells={jobs.attention}
        mayRun={mayRun}
        verbs={verbs}
        onOpen={({ index, businessDate }) => void onState({ index, date: businessDate, run: null })}
      />
      <JobsGrid
        jobs={jobs}
        opened={cell ?? null}
        onOpen={({ index, businessDate, latest }) =>
          void onState({ index, date: businessDate, run: latest?.id ?? null })
        }
        atNewest={state.until === null}
        days={state.days}
        onPeriod={(until, days) =>
          void onState({ until, days: days === DAYS_SHOWN ? null : days } as Partial<JobsState>)
        }
      />
      {cell !== undefined && (
        <DatePanel
          cell={cell}
          title={jobs.indexes.find(({ index }) => index === cell.index)?.title ?? cell.index}
          runId={state.run}
          mayRun={mayRun}
          verbs={verbs}
          onRunId={(run) => void onState({ run })}
          onRun={onRun}
          onClose={() => void onState({ index: null, date: null, run: null })}
        />
      )}
    </div>
  );
}

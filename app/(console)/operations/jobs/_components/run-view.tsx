"use client";

import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { RunDetail } from "@/server/indexes/ops/contract-jobs";
import shared from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import { isOpen, progressOf, runTitle, runWords } from "./job-words";
import classes from "./jobs.module.css";
import { RunDiffView } from "./run-diff";
import { RunFigures } from "./run-figures";
import type { JobVerbs } from "./use-job-verbs";

const REFRESH_MS = 700;

export interface RunViewProps {
  readonly runId: string;
  readonly mayRun: boolean;
  readonly verbs: JobVerbs;
  readonly onRunId: (runId: string) => void;
}

/** One run: how far it is, what it waits for, what it changes, its figures and its log. */
export function RunView({ runId, mayRun, verbs, onRunId }: RunViewProps) {
  const trpc = useTRPC();
  const query = useQuery(
    trpc.ops.run.queryOptions(
      { runId },
      { refetchInterval: ({ state }) => (state.data === undefined || isOpen(state.data.run) ? REFRESH_MS : false) },
    ),
  );
  return (
    <QueryBoundary query={query} skeletonRows={6}>
      {(detail) => (
        <section aria-label={runTitle(detail.run)}>
          <Head detail={detail} mayRun={mayRun} verbs={verbs} onRunId={onRunId} />
          <Trouble detail={detail} />
          {detail.diff !== null && <RunDiffView diff={detail.diff} done={detail.run.outcome === "committed"} />}
          <RunFigures detail={detail} />
        </section>
      )}
    </QueryBoundary>
  );
}

interface HeadProps extends Omit<RunViewProps, "runId"> {
  readonly detail: RunDetail;
}

function Head({ detail, mayRun, verbs, onRunId }: HeadProps) {
  const { run, committable } = detail;
  const { tone, word } = runWords(run);
  return (
    <>
      <div className={classes.facts}>
        <StatusBadge tone={tone}>{word}</StatusBadge>
        <span>{runTitle(run)}</span>
        <span>
          asked <Time at={run.askedAt} />
        </span>
        {run.endedAt !== null && run.startedAt !== null && (
          <span>took {((Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000).toFixed(1)} s</span>
        )}
        {run.rows !== null && <span>{numberText(run.rows)} rows</span>}
        {run.tries > 1 && <span>{run.tries} tries</span>}
        {mayRun && isOpen(run) && (
          <Button variant="default" size="compact-xs" disabled={run.cancelAsked} onClick={() => verbs.cancel(run.id)}>
            {run.cancelAsked ? "Cancelling" : "Cancel"}
          </Button>
        )}
        {mayRun && committable && <Commit detail={detail} verbs={verbs} onRunId={onRunId} />}
      </div>
      {run.state === "running" && (
        <div className={classes.facts}>
          <Progress value={progressOf(run)} w={220} aria-label="Steps done" mt={6} />
          <span>
            {run.step === null
              ? "pinning its inputs"
              : `${run.step.name.replaceAll("_", " ")}: step ${run.step.number} of ${run.step.count}`}
          </span>
        </div>
      )}
    </>
  );
}

function Commit({ detail: { run, diff }, verbs, onRunId }: Pick<HeadProps, "detail" | "verbs" | "onRunId">) {
  const [asking, setAsking] = useState(false);
  const commit = async () => {
    setAsking(false);
    const id = await verbs.commit(run.id, "");
    if (id !== null) onRunId(id);
  };
  return (
    <>
      <Button size="compact-xs" loading={verbs.busy} onClick={() => setAsking(true)}>
        Commit exactly this …
      </Button>
      <ConfirmDialog
        opened={asking}
        title={`Close ${run.index} of ${run.businessDate} as shown`}
        consequence={
          diff !== null && (
            <>
              Replaces {numberText(diff.rowsBefore)} rows by {numberText(diff.rowsAfter)}: {numberText(diff.gained)}{" "}
              gained, {numberText(diff.lost)} lost, {numberText(diff.changed)} changed, from the very inputs this dry
              run pinned, whatever has come since. The close before stays readable, and running the date again replaces
              this one.
            </>
          )
        }
        confirmLabel="Commit"
        onConfirm={() => void commit()}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

function Trouble({ detail: { run, override, reason } }: { detail: RunDetail }) {
  return (
    <>
      {run.fault !== null && (
        <p className={classes.notice} data-tone={run.state === "failed" ? "bad" : "warn"}>
          {run.fault.message} ({run.fault.code}){run.fault.remedy !== null && `\nWhat to do: ${run.fault.remedy}`}
          {run.fault.againAt !== null && (
            <>
              {"\n"}Tried again <Time at={run.fault.againAt} />
            </>
          )}
        </p>
      )}
      {run.waits.length > 0 && (
        <p className={classes.notice}>
          {run.waits.map(({ kind, on, message }) => (
            <span key={`${kind}/${on}`}>
              {message}
              {"\n"}
            </span>
          ))}
        </p>
      )}
      {reason !== null && <p className={shared.small}>Why: {reason}</p>}
      {override !== null && <p className={shared.small}>Did not wait for its inputs, because: {override}</p>}
    </>
  );
}

"use client";

import { Popover, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { runHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { type OpenedProps, popoverTarget, useOpenedAtOnce } from "@/components/ui/open-later";
import type { RunSummary } from "@/server/indexes/ops/contract-jobs";
import classes from "./running-work.module.css";

/** What runs and waits, each with its way to the page; loaded when it is first asked for. */
export default function RunningWorkDetails({ target }: OpenedProps) {
  const state = useOpenedAtOnce();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.ops.runningWork.queryOptions());
  const runs = data?.runs ?? [];
  return (
    <Popover position="bottom-end" width={360} withinPortal returnFocus {...state}>
      <Popover.Target>{popoverTarget(target, state)}</Popover.Target>
      <Popover.Dropdown>
        <ul className={classes.list} aria-label="Running work">
          {runs.map((run) => (
            <Entry key={run.id} run={run} />
          ))}
        </ul>
        {data !== undefined && data.open > runs.length && <p>and {data.open - runs.length} more</p>}
        <Link href="/operations/jobs">All jobs</Link>
      </Popover.Dropdown>
    </Popover>
  );
}

function Entry({ run }: { run: RunSummary }) {
  const { index, businessDate, mode, state, step, waits } = run;
  return (
    <li>
      <Link href={runHref(run)}>
        {mode === "dry_run" ? "Dry run of " : ""}
        {index} {businessDate}
      </Link>
      {step !== null && (
        <>
          <Progress value={((step.number - 1) / step.count) * 100} size="sm" aria-label="Steps done" />
          <span className={classes.dim}>
            {step.name.replaceAll("_", " ")}, step {step.number} of {step.count}
          </span>
        </>
      )}
      {step === null && (
        <span className={classes.dim}>{waits[0]?.message ?? (state === "running" ? "begins" : state)}</span>
      )}
    </li>
  );
}

"use client";

import { IconLoader2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { runHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import type { RunSummary, RunningWork as Work } from "@/server/indexes/ops/contract-jobs";
import classes from "./running-work.module.css";

const WORKING_MS = 1_500;
const IDLE_MS = 6_000;
const TOLD_MAX = 100;
const TOLD_KEY = "concordance.runs-told";

const details = laterMenu(() => import("@/components/console/running-work-details"));

/** What runs now; nothing where nothing does. For those who may read operations. */
export function RunningWork() {
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.ops.runningWork.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data !== undefined && state.data.open > 0 ? WORKING_MS : IDLE_MS),
    }),
  );
  useEffect(() => {
    if (data !== undefined) tellEnded(data.endedMine);
  }, [data]);
  if (data === undefined || data.open === 0) return null;
  const { words, share } = wordsOf(data);
  return (
    <OpenLater
      menu={details}
      given={{}}
      target={
        <button type="button" className={classes.work} aria-label={`Running work: ${words}`}>
          <IconLoader2 size={15} aria-hidden className={classes.turning} />
          <span className={classes.words}>{words}</span>
          <span className={classes.bar} aria-hidden>
            <span style={{ width: `${share}%` }} />
          </span>
        </button>
      }
    />
  );
}

function wordsOf({ open, runs }: Work): { words: string; share: number } {
  const running = runs.filter(({ state }) => state === "running");
  const [first] = running;
  if (first === undefined) return { words: `${open} waiting`, share: 0 };
  const share = first.step === null ? 0 : ((first.step.number - 1) / first.step.count) * 100;
  const more = open > 1 ? `, ${open - 1} more` : "";
  return { words: `${first.index} ${first.businessDate}${more}`, share };
}

/** Tells once, also after a reload, how each of the person's own runs has ended. */
function tellEnded(ended: readonly RunSummary[]): void {
  const told = readTold();
  const fresh = ended.filter(({ id }) => told !== null && !told.includes(id));
  if (fresh.length > 0 || told === null) {
    const ids = [...ended.map(({ id }) => id), ...(told ?? [])];
    writeTold([...new Set(ids)].slice(0, TOLD_MAX));
  }
  if (fresh.length > 0) void tell(fresh);
}

async function tell(runs: readonly RunSummary[]): Promise<void> {
  const { notifications } = await import("@mantine/notifications");
  for (const run of runs) {
    const { index, businessDate, mode, state, fault } = run;
    const kind = mode === "dry_run" ? "Dry run" : "Run";
    const how = { succeeded: "is done", failed: "failed", cancelled: "is cancelled" }[state as string] ?? state;
    notifications.show({
      ...(state === "failed" ? { color: "red.8" } : {}),
      title: `${kind} of ${index} ${businessDate} ${how}`,
      message: <a href={runHref(run)}>{fault?.message ?? "Look at it"}</a>,
    });
  }
}

function readTold(): readonly string[] | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(TOLD_KEY) ?? "null");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : null;
  } catch {
    return null;
  }
}

function writeTold(ids: readonly string[]): void {
  try {
    localStorage.setItem(TOLD_KEY, JSON.stringify(ids));
  } catch {
    // A browser that keeps nothing is told again after a reload.
  }
}

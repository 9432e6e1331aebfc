"use client";

import { Popover } from "@mantine/core";
import { IconAlertTriangle, IconBolt, IconPlugConnectedX } from "@tabler/icons-react";
import { shortDuration, useFreshness } from "@/components/console/freshness";
import { useMe } from "@/components/console/use-me";
import { Time } from "@/components/ui/time";
import type { IndexFreshness } from "@/server/console/contract";
import { INDEXES } from "@/server/indexes/names";
import classes from "./freshness-summary.module.css";

/** One word for everything, and behind it each index against its promise. */
export function FreshnessSummary() {
  const { freshness, silentSinceMs } = useFreshness();
  const { can } = useMe();
  const indexes = freshness?.indexes.filter(({ index }) => can(index, "read")) ?? [];
  const missed = indexes.filter((entry) => entry.missed);
  const tone = silentSinceMs !== null ? "warn" : missed.length > 0 ? "bad" : "good";
  return (
    <Popover position="bottom-end" width={340} withinPortal>
      <Popover.Target>
        <button type="button" className={classes.summary} data-tone={tone}>
          <Words tone={tone} missed={missed} known={freshness !== null} />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {silentSinceMs !== null && (
          <p className={classes.silent}>
            No live word from the server since <Time at={new Date(silentSinceMs).toISOString()} short />; trying again.
          </p>
        )}
        <table className={classes.table}>
          <caption className="visually-hidden">Freshness of every index</caption>
          <thead>
            <tr>
              <th scope="col">Index</th>
              <th scope="col">Behind</th>
              <th scope="col">Promise</th>
              <th scope="col">Version</th>
              <th scope="col">Newest event</th>
            </tr>
          </thead>
          <tbody>
            {indexes.map((entry) => (
              <FreshnessRow key={entry.index} entry={entry} />
            ))}
          </tbody>
        </table>
      </Popover.Dropdown>
    </Popover>
  );
}

function Words({ tone, missed, known }: { tone: string; missed: readonly IndexFreshness[]; known: boolean }) {
  if (tone === "warn") {
    return (
      <>
        <IconPlugConnectedX size={15} aria-hidden /> <span>Not live</span>
      </>
    );
  }
  const [first] = missed;
  if (first !== undefined) {
    const words = missed.length === 1 ? INDEXES[first.index].title : `${missed.length} indexes`;
    return (
      <>
        <IconAlertTriangle size={15} aria-hidden /> <span>{words} behind</span>
      </>
    );
  }
  return (
    <>
      <IconBolt size={15} aria-hidden /> <span>{known ? "All fresh" : "Looking"}</span>
    </>
  );
}

function FreshnessRow({ entry }: { entry: IndexFreshness }) {
  return (
    <tr data-missed={entry.missed}>
      <th scope="row">{INDEXES[entry.index].title}</th>
      <td>{entry.behindMs === 0 ? "nothing waits" : shortDuration(entry.behindMs)}</td>
      <td>{shortDuration(entry.promiseMs)}</td>
      <td>v{entry.lakeVersion}</td>
      <td>{entry.watermark === null ? "none" : <Time at={entry.watermark} short />}</td>
    </tr>
  );
}

"use client";

import { Popover } from "@mantine/core";
import { shortDuration, useFreshness } from "@/components/console/freshness";
import { useMe } from "@/components/console/use-me";
import { type OpenedProps, popoverTarget, useOpenedAtOnce } from "@/components/ui/open-later";
import { Time } from "@/components/ui/time";
import type { IndexFreshness } from "@/server/console/contract";
import { INDEXES } from "@/server/indexes/names";
import classes from "./freshness-summary.module.css";

/** Each index against its promise; loaded when it is first asked for. */
export default function FreshnessDetails({ target }: OpenedProps) {
  const state = useOpenedAtOnce();
  const { freshness, silentSinceMs } = useFreshness();
  const { can } = useMe();
  const indexes = freshness?.indexes.filter(({ index }) => can(index, "read")) ?? [];
  return (
    <Popover position="bottom-end" width={340} withinPortal returnFocus {...state}>
      <Popover.Target>{popoverTarget(target, state)}</Popover.Target>
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

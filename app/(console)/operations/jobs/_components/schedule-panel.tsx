import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { JobIndex } from "@/server/indexes/ops/contract-jobs";
import classes from "../../_components/operations.module.css";

/** When each index is run next, and whether anybody is there to do it. */
export function SchedulePanel({ indexes, workers }: { indexes: readonly JobIndex[]; workers: number }) {
  return (
    <Panel
      title="Nightly schedule"
      flush
      actions={
        <StatusBadge tone={workers > 0 ? "good" : "bad"}>
          {workers === 0 ? "no batch worker" : workers === 1 ? "1 batch worker" : `${workers} batch workers`}
        </StatusBadge>
      }
    >
      {workers === 0 && (
        <p className={classes.fault} data-tone="bad">
          No batch worker reports that it runs: what is asked for stays queued.{"\n"}What to do: look at the health
          page; <code>npm run worker -- batch</code> starts one.
        </p>
      )}
      {indexes.map(({ index, title, schedule }) => (
        <div key={index} className={classes.balance}>
          <b>{title}</b>
          {schedule === null ? (
            <span className={classes.dim}>{workers === 0 ? "not known without a worker" : "no nightly run"}</span>
          ) : (
            <span>
              every night {schedule.at} {schedule.zone}, next <Time at={schedule.nextAt} />
            </span>
          )}
        </div>
      ))}
    </Panel>
  );
}

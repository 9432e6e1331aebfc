"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { Health, PartHealth, Process, PromiseFigure } from "@/server/indexes/ops/contract";
import classes from "../../_components/operations.module.css";
import { bytesText, numberText, stateTone } from "../../_components/words";

const REFRESH_MS = 2_000;

/** Whether every part answers, every process lives, and every promise is kept right now. */
export function HealthPage() {
  const trpc = useTRPC();
  const query = useQuery(trpc.ops.health.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  return (
    <>
      <PageHeader
        title="Health"
        asOf={query.data?.asOf}
        description="Each process with its heartbeat, and the promises of the product as measured now."
      />
      <QueryBoundary query={query} skeletonRows={14}>
        {(health) => <Shown health={health} />}
      </QueryBoundary>
    </>
  );
}

function Shown({ health: { parts, processes, promises } }: { health: Health }) {
  return (
    <div className={classes.stack}>
      <div className={classes.tiles}>
        {parts.map((part) => (
          <Part key={part.part} part={part} />
        ))}
      </div>
      <Panel title="Promises, measured" flush>
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Promise</th>
                <th scope="col">Promised</th>
                <th scope="col">Measured</th>
                <th scope="col">Over</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {promises.map((promise) => (
                <PromiseRow key={promise.id} promise={promise} />
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <Panel title="Processes" flush>
        {processes.length === 0 ? (
          <EmptyState title="No process has reported">Workers report every few seconds once they run.</EmptyState>
        ) : (
          <Processes processes={processes} />
        )}
      </Panel>
    </div>
  );
}

function Part({ part: { part, ok, code, message, remedy } }: { part: PartHealth }) {
  return (
    <Panel
      title={<span style={{ textTransform: "capitalize" }}>{part}</span>}
      actions={<StatusBadge tone={ok ? "good" : "bad"}>{ok ? "answers" : "ailing"}</StatusBadge>}
    >
      {ok ? (
        <span className={classes.dim}>Nothing to report.</span>
      ) : (
        <>
          <div>{message}</div>
          {remedy !== null && <div className={classes.dim}>What to do: {remedy}</div>}
          {code !== null && <code>{code}</code>}
        </>
      )}
    </Panel>
  );
}

/** Where what a promise is measured by is shown; a figure without rows of its own leads nowhere. */
const SHOWN_AT: Readonly<Record<PromiseFigure["id"], string | null>> = {
  balance: "/operations/streams#sources",
  freshness: "/overview",
  event_to_visible: "/operations/streams#delay",
  throughput: "/operations/streams#throughput",
  queries: null,
};

function PromiseRow({ promise: { id, title, promised, measured, met, window, detail } }: { promise: PromiseFigure }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td className={classes.wrap}>{promised}</td>
      <td className={classes.wrap}>
        {measured !== null && SHOWN_AT[id] !== null ? <Link href={SHOWN_AT[id]}>{measured}</Link> : (measured ?? "—")}
        {detail !== null && <div className={classes.dim}>{detail}</div>}
      </td>
      <td>{window}</td>
      <td>
        <StatusBadge tone={met === null ? "neutral" : met ? "good" : "bad"}>
          {met === null ? "not measured" : met ? "met" : "missed"}
        </StatusBadge>
      </td>
    </tr>
  );
}

function Processes({ processes }: { processes: readonly Process[] }) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col">State</th>
            <th scope="col">Heartbeat</th>
            <th scope="col">Started</th>
            <th scope="col" className={classes.right}>
              Restarts
            </th>
            <th scope="col" className={classes.right}>
              Memory
            </th>
            <th scope="col">Says</th>
          </tr>
        </thead>
        <tbody>
          {processes.map((process) => (
            <tr key={`${process.process}/${process.instance}`}>
              <th scope="row">
                {process.process}{" "}
                <span className={classes.dim}>
                  {process.instance}, {process.pid}
                </span>
              </th>
              <td>
                <StatusBadge tone={stateTone(process.state)}>{process.state}</StatusBadge>
              </td>
              <td>
                <Time at={process.beatAt} />
              </td>
              <td>
                <Time at={process.startedAt} />
              </td>
              <td className={classes.right}>{numberText(process.restarts)}</td>
              <td className={classes.right}>{bytesText(process.memoryBytes)}</td>
              <td className={classes.wrap}>
                {process.message ??
                  process.facts.map(({ name, value }) => `${name.replaceAll("_", " ")} ${value}`).join(" · ")}
                {process.remedy !== null && <div className={classes.dim}>What to do: {process.remedy}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

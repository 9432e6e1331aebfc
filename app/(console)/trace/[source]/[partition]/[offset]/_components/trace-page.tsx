"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { PageHeader } from "@/components/console/page-header";
import { traceHref } from "@/components/console/places";
import { useTRPC } from "@/components/trpc/client";
import { CopyText } from "@/components/ui/copy-text";
import { Money } from "@/components/ui/money";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatusBadge, type Tone } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { Trace } from "@/server/console/contract";
import type { SourceCoordinates } from "@/server/domain/answer";
import { Step } from "./step";
import { StoredRow } from "./stored-row";
import classes from "./trace.module.css";

const OUTCOMES: Readonly<Record<Trace["outcome"], { readonly word: string; readonly tone: Tone }>> = {
  accepted: { word: "Accepted", tone: "good" },
  quarantined: { word: "Quarantined", tone: "warn" },
  not_stored: { word: "A duplicate", tone: "neutral" },
  unread: { word: "Not read yet", tone: "info" },
};

/** One source record on its whole way: read, decided, stored, shown. */
export function TracePage({ coordinates }: { coordinates: SourceCoordinates }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.trace.get.queryOptions(coordinates));
  const { source, partition, offset } = coordinates;
  return (
    <>
      <PageHeader
        title="Trace"
        asOf={query.data?.asOf}
        description={<CopyText value={`${source}/${partition}/${offset}`} label="the coordinates" />}
        actions={
          <>
            {offset > 0n && <Link href={traceHref({ ...coordinates, offset: offset - 1n })}>Record before</Link>}
            <Link href={traceHref({ ...coordinates, offset: offset + 1n })}>Next record</Link>
          </>
        }
      />
      <QueryBoundary query={query} skeletonRows={14}>
        {(trace) => <Way trace={trace} />}
      </QueryBoundary>
    </>
  );
}

function Way({ trace }: { trace: Trace }) {
  const { word, tone } = OUTCOMES[trace.outcome];
  return (
    <ol className={classes.way}>
      <Step title="Source record" badge={<StatusBadge tone="neutral">{trace.coordinates.source}</StatusBadge>}>
        Partition <b>{trace.coordinates.partition}</b>, position <b>{String(trace.coordinates.offset)}</b>
      </Step>
      <Step title="Decision" badge={<StatusBadge tone={tone}>{word}</StatusBadge>}>
        {trace.explanation}
        {trace.batches.map((batch) => (
          <div key={`${batch.batchId}/${batch.offsetFrom}`} className={classes.dim}>
            Micro-batch <span className="mono">{batch.batchId}</span>, positions {String(batch.offsetFrom)} to{" "}
            {String(batch.offsetTo)}: {batch.recordsIn} in = {batch.accepted} accepted + {batch.quarantined} quarantined
            + {batch.duplicates} duplicates, <Time at={batch.ingestedAt} />
          </div>
        ))}
      </Step>
      {trace.row !== null && (
        <Step title={`Row in ${trace.row.table}`}>
          <StoredRow row={trace.row} />
        </Step>
      )}
      {trace.siblings.length > 0 && (
        <Step title="The payment's other steps">
          {trace.siblings.map((step) => (
            <div key={`${step.coordinates.partition}/${step.coordinates.offset}`} className={classes.line}>
              <Link href={traceHref(step.coordinates)}>{step.status}</Link>
              <Money amount={step.amount} />
              <Time at={step.eventTime} />
            </div>
          ))}
        </Step>
      )}
      {trace.indexRows.length > 0 && (
        <Step title="Indexes it feeds">
          {trace.indexRows.map(({ table, title, detail, href }) => (
            <div key={`${table}/${href}`} className={classes.line}>
              <Link href={href}>{title}</Link>
              <span className={classes.dim}>
                {detail} · {table}
              </span>
            </div>
          ))}
        </Step>
      )}
      <Step title="Alerts">
        {trace.alerts.length === 0 && <span className={classes.dim}>No alert names this record.</span>}
        {trace.alerts.map(({ alertId, rule, severity, detectedAt, href }) => (
          <div key={alertId} className={classes.line}>
            <Link href={href}>{rule.replaceAll("_", " ")}</Link>
            <StatusBadge tone={severity === "HIGH" ? "bad" : "warn"}>{severity.toLowerCase()}</StatusBadge>
            <Time at={detectedAt} />
          </div>
        ))}
      </Step>
    </ol>
  );
}

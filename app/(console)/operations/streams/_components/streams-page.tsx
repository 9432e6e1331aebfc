"use client";

import { Button, SegmentedControl } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { Time } from "@/components/ui/time";
import classes from "../../_components/operations.module.css";
import { flowParsers, spanOf, spanOfBrush } from "./flow-state";
import { LatencyPanel } from "./latency-panel";
import { StreamPanel } from "./stream-panel";
import { StreamTiles } from "./stream-tiles";
import { ThroughputPanel } from "./throughput-panel";

const REFRESH_MS = 2_000;
const SPANS = [
  { value: "15", label: "15 min" },
  { value: "60", label: "1 h" },
  { value: "360", label: "6 h" },
  { value: "1440", label: "24 h" },
];

/** What comes in, how far behind it is, and whether every record is accounted for. */
export function StreamsPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(flowParsers, { history: "push" });
  const span = spanOf(state);
  const query = useQuery(trpc.ops.streams.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  const panel = {
    state,
    onChange: (change: Partial<typeof state>) => void setState(change),
    onBrush: (period: { from: string; until: string }) => void setState(spanOfBrush(period)),
  };
  return (
    <>
      <PageHeader
        title="Streams"
        asOf={query.data?.asOf}
        description="Every record read is accepted, quarantined or a duplicate: the balance of each source says so."
        actions={
          <>
            {span.until !== null && (
              <Button
                variant="default"
                rightSection={<IconX size={14} aria-hidden />}
                onClick={() => void setState({ until: null, minutes: null })}
              >
                {span.minutes} min to <Time at={span.until} short />, back to now
              </Button>
            )}
            <SegmentedControl
              size="xs"
              aria-label="Period of the charts"
              data={SPANS}
              value={span.until === null ? String(span.minutes) : ""}
              onChange={(value) => void setState({ minutes: Number(value), until: null })}
            />
          </>
        }
      />
      <div className={classes.stack}>
        <QueryBoundary
          query={query}
          empty={({ streams }) =>
            streams.length === 0 ? (
              <EmptyState title="No source has delivered anything">
                Sources are declared in the sources file (config/sources.yaml as shipped). Health shows whether the
                indexer runs.
              </EmptyState>
            ) : null
          }
        >
          {({ streams }) => (
            <>
              <StreamTiles streams={streams} />
              <div id="sources" className={classes.stack}>
                {streams.map((stream) => (
                  <StreamPanel key={stream.source} stream={stream} />
                ))}
              </div>
            </>
          )}
        </QueryBoundary>
        <div id="throughput">
          <ThroughputPanel {...panel} />
        </div>
        <div id="delay" className={classes.stack}>
          <LatencyPanel {...panel} />
        </div>
      </div>
    </>
  );
}

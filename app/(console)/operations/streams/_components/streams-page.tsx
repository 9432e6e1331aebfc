"use client";

import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { parseAsInteger, useQueryState } from "nuqs";
import { PageHeader } from "@/components/console/page-header";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { QueryBoundary } from "@/components/ui/query-boundary";
import classes from "../../_components/operations.module.css";
import { LatencyPanel, ThroughputPanel } from "./flow-charts";
import { StreamPanel } from "./stream-panel";

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
  const [minutes, setMinutes] = useQueryState("minutes", parseAsInteger.withDefault(60));
  const query = useQuery(trpc.ops.streams.queryOptions(undefined, { refetchInterval: REFRESH_MS }));
  return (
    <>
      <PageHeader
        title="Streams"
        asOf={query.data?.asOf}
        description="Every record read is accepted, quarantined or a duplicate: the balance of each source says so."
        actions={
          <SegmentedControl
            size="xs"
            aria-label="Period of the charts"
            data={SPANS}
            value={String(minutes)}
            onChange={(value) => void setMinutes(Number(value))}
          />
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
          {({ streams }) => streams.map((stream) => <StreamPanel key={stream.source} stream={stream} />)}
        </QueryBoundary>
        <div className={classes.pair}>
          <ThroughputPanel minutes={minutes} />
          <LatencyPanel minutes={minutes} />
        </div>
      </div>
    </>
  );
}

"use client";

import type { ReactNode } from "react";
import { ErrorState } from "./error-state";
import { Skeletons } from "./skeletons";
import { StaleBanner } from "./stale-banner";

export interface QueryBoundaryProps<Data> {
  readonly query: {
    readonly data: Data | undefined;
    /** Null where the last try worked. */
    readonly error: unknown;
    /** Epoch milliseconds. */
    readonly dataUpdatedAt: number;
    refetch(): unknown;
  };
  /** Shown instead where it gives something for the data. */
  readonly empty?: (data: Data) => ReactNode | null;
  readonly skeletonRows?: number;
  readonly children: (data: Data) => ReactNode;
}

/** The states of one query: loading, failed, stale (the last good data stay), empty, there. */
export function QueryBoundary<Data>({ query, empty, skeletonRows, children }: QueryBoundaryProps<Data>) {
  const { data, error, dataUpdatedAt } = query;
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void query.refetch()} />;
    return <Skeletons {...(skeletonRows === undefined ? {} : { rows: skeletonRows })} />;
  }
  return (
    <>
      {error !== null && <StaleBanner since={new Date(dataUpdatedAt).toISOString()} />}
      {empty?.(data) ?? children(data)}
    </>
  );
}

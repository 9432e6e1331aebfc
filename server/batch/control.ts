import type { DuckDBConnection } from "@duckdb/node-api";
import { ConcordanceError } from "../domain/errors";
import type { JobSpec } from "./spec";

/** How a run is followed and stopped from outside. */
export interface RunControl {
  /** Told as each step begins: its name, its number from 1, and how many there are. */
  readonly observe?: (step: string, n: number, of: number) => void;
  /** Stops the run before its commit; a query that runs is interrupted. */
  readonly signal?: AbortSignal;
}

/** An interrupt that comes before its query has begun is lost: it is repeated until the run has ended. */
const INTERRUPT_EVERY_MS = 50;

export interface Progress {
  next(): void;
  /** The error to throw: what a stopped run's queries threw is its being stopped. */
  reasonOf(error: unknown): unknown;
  end(): void;
}

/** Counts the named steps of a run, and interrupts its connection once the signal comes. */
export function startProgress(
  spec: JobSpec,
  { observe, signal }: RunControl,
  names: readonly string[],
  connection: DuckDBConnection,
): Progress {
  let done = 0;
  let timer: NodeJS.Timeout | null = null;
  const interrupt = () => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  if (signal?.aborted !== true) signal?.addEventListener("abort", interrupt, { once: true });
  return {
    next: () => {
      if (signal?.aborted === true) throw stopped(spec);
      const name = names[done++];
      if (name !== undefined) observe?.(name, done, names.length);
    },
    reasonOf: (error) => {
      const own = error instanceof ConcordanceError && error.code !== "step_failed";
      return signal?.aborted === true && !own ? stopped(spec, error) : error;
    },
    end: () => {
      if (timer !== null) clearInterval(timer);
      signal?.removeEventListener("abort", interrupt);
    },
  };
}

const stopped = ({ index, businessDate }: JobSpec, cause?: unknown) =>
  new ConcordanceError({
    kind: "conflict",
    code: "run_stopped",
    message: `The run of ${index} for ${businessDate} was stopped before it committed.`,
    remedy: "Nothing was changed. Run it again.",
    cause,
  });

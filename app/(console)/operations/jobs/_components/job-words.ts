import type { Tone } from "@/components/ui/status-badge";
import type { JobCell, RunSummary } from "@/server/indexes/ops/contract-jobs";

interface Words {
  readonly tone: Tone;
  readonly word: string;
}

const CELLS: Readonly<Record<JobCell["state"], Words>> = {
  empty: { tone: "neutral", word: "No input" },
  open: { tone: "neutral", word: "Not closed" },
  closed: { tone: "good", word: "Closed" },
  changed: { tone: "warn", word: "Changed since" },
  queued: { tone: "info", word: "Queued" },
  blocked: { tone: "warn", word: "Waits" },
  running: { tone: "info", word: "Running" },
  failed: { tone: "bad", word: "Failed" },
};

export const cellWords = ({ state }: JobCell): Words => CELLS[state];

const RUNS: Readonly<Record<RunSummary["state"], Words>> = {
  queued: { tone: "info", word: "Queued" },
  blocked: { tone: "warn", word: "Waits" },
  running: { tone: "info", word: "Running" },
  succeeded: { tone: "good", word: "Done" },
  failed: { tone: "bad", word: "Failed" },
  cancelled: { tone: "neutral", word: "Cancelled" },
};

const OUTCOMES = { committed: "Committed", unchanged: "Nothing new", compared: "Compared" } as const;

export const runWords = ({ state, outcome }: RunSummary): Words =>
  outcome === null ? RUNS[state] : { ...RUNS[state], word: OUTCOMES[outcome] };

const TRIGGERS: Readonly<Record<RunSummary["trigger"], string>> = {
  nightly: "nightly",
  catch_up: "made up for",
  changed: "changed inputs",
  person: "",
};

/** "dry run by Otto Operations", "nightly run". */
export function runTitle({ mode, trigger, askedBy }: RunSummary): string {
  const kind = mode === "dry_run" ? "dry run" : "run";
  return trigger === "person" ? `${kind} by ${askedBy}` : `${kind}, ${TRIGGERS[trigger]}`;
}

export const isOpen = ({ state }: RunSummary): boolean =>
  state === "queued" || state === "blocked" || state === "running";

/** Share of a running run's steps that are done, 0 to 100. */
export const progressOf = ({ step }: RunSummary): number =>
  step === null || step.count === 0 ? 0 : ((step.number - 1) / step.count) * 100;

/** "+12 transactions, 2026-11-18 was closed after it". */
export function changedText(changed: NonNullable<JobCell["changed"]>): string {
  const late = Object.entries(changed.lateRows).map(
    ([table, rows]) => `${rows > 0 ? "+" : "−"}${Math.abs(rows).toLocaleString("en-US")} ${table.replaceAll("_", " ")}`,
  );
  const later = changed.closedLater === null ? [] : [`${changed.closedLater} was closed after it`];
  return [...late, ...later].join(", ");
}

/** "Fri 20 Nov": a date as a person says it; its full form is beside or on hover. */
export const dayText = (date: string): string =>
  new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", {
    timeZone: "UTC",
    weekday: "short",
    day: "2-digit",
    month: "short",
  });

import { z } from "zod";

/** Words and shapes of a run, known to workers and to the browser alike. */
export const RUN_STATES = ["queued", "blocked", "running", "succeeded", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];
/** States in which a run still has something to do. */
export const OPEN_STATES = ["queued", "blocked", "running"] as const satisfies readonly RunState[];

export const RUN_MODES = ["commit", "dry_run"] as const;
export type RunMode = (typeof RUN_MODES)[number];

/** Who or what asked: the schedule, the look for dates never closed, the look for changed dates, or a person. */
export const RUN_TRIGGERS = ["nightly", "catch_up", "changed", "person"] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** Tonight's run goes before what a person asks for, and that before what is made up for. */
export const PRIORITIES: Readonly<Record<RunTrigger, number>> = { nightly: 30, person: 20, changed: 10, catch_up: 10 };
/** A dry run: somebody sits before it. */
export const DRY_RUN_PRIORITY = 40;

/** What a run waits for, in words a person can act on. */
export const Wait = z.object({
  kind: z.enum(["day_not_over", "stream", "dependency", "order"]),
  /** The source or index waited for. */
  on: z.string(),
  message: z.string(),
});
export type Wait = z.infer<typeof Wait>;

export const RunFault = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().nullable(),
  /** When it is tried again; null where it is not. */
  againAt: z.string().nullable(),
});
export type RunFault = z.infer<typeof RunFault>;

export const RunLine = z.object({ at: z.string(), text: z.string() });
export type RunLine = z.infer<typeof RunLine>;

export const RunControls = z.array(
  z.object({
    control: z.string(),
    currency: z.string().nullable(),
    rows: z.string(),
    minor: z.string().nullable(),
  }),
);
export type RunControls = z.infer<typeof RunControls>;

export const RunDiff = z.object({
  rowsBefore: z.number(),
  rowsAfter: z.number(),
  gained: z.number(),
  lost: z.number(),
  changed: z.number(),
  lines: z.array(
    z.object({
      group: z.string(),
      currency: z.string().nullable(),
      gained: z.number(),
      lost: z.number(),
      changed: z.number(),
      /** Minor units, as decimal text. */
      valueBeforeMinor: z.string().nullable(),
      valueAfterMinor: z.string().nullable(),
    }),
  ),
});
export type RunDiff = z.infer<typeof RunDiff>;

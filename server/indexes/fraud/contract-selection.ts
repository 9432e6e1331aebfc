import { z } from "zod";
import { AsOf, InstantText, MoneyValue } from "../../domain/answer";
import { QueueFilter, Verdict } from "./contract";

/** Cases one bulk act over a query may change. */
export const SELECTION_MAX = 10_000;

/** What was under the filter when it was selected: later alerts, and cases somebody changed since, are left alone. */
const SelectionPin = z.object({ alertsVersion: z.number().int().min(0), selectedAt: InstantText });

/** Every case under a filter, said before anything is done to them. */
export const Selection = z.object({
  cases: z.number().int(),
  /** Per currency, never across. */
  sums: z.array(MoneyValue.extend({ cases: z.number().int() })),
  withoutAmount: z.number().int(),
  pin: SelectionPin,
  asOf: AsOf,
});
export type Selection = z.infer<typeof Selection>;

export const SelectionAct = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("verdict"),
    verdict: Verdict,
    note: z.string().trim().max(4_000).nullable().default(null),
  }),
  /** As in `AssignCommand`. */
  z.object({ kind: z.literal("assign"), assignee: z.string().max(100).nullable() }),
]);
export type SelectionAct = z.infer<typeof SelectionAct>;

export const SelectionCommand = z.object({
  filter: QueueFilter,
  pin: SelectionPin,
  /** `cases` of the selection the person saw; more than these are never changed. */
  cases: z.number().int().min(1).max(SELECTION_MAX),
  act: SelectionAct,
});
export type SelectionCommand = z.infer<typeof SelectionCommand>;
export const SelectionChanged = z.object({
  changed: z.number().int(),
  /** They were so already. */
  unchanged: z.number().int(),
  /** Somebody else changed them since the selection. */
  leftAlone: z.number().int(),
});
export type SelectionChanged = z.infer<typeof SelectionChanged>;

import type { Tone } from "@/components/ui/status-badge";
import type { HoldRow, PayoutStatus, ShiftKind } from "@/server/indexes/settlement/contract";

export const STATUS_WORDS: Readonly<Record<PayoutStatus, readonly [tone: Tone, word: string]>> = {
  projected: ["neutral", "Projected"],
  scheduled: ["info", "Scheduled"],
  held: ["warn", "Held"],
  paid: ["good", "Paid"],
  late: ["bad", "Late"],
};

export const SHIFT_WORDS: Readonly<Record<ShiftKind, string>> = {
  cut_off: "Cut-off",
  weekend: "Weekend",
  holiday: "Holiday",
  schedule: "Schedule",
  hold: "Hold",
  gate: "Gate",
  late: "Came late",
  reserve: "Reserve",
  minimum: "Minimum",
  debt: "Debt carried",
};

const COMPONENT_WORDS: Readonly<Record<string, string>> = {
  gross: "Gross",
  refunds: "Refunds and returns",
  chargebacks: "Chargebacks",
  fees: "Fees",
  reserve_held: "Reserve held",
  reserve_released: "Reserve released",
  brought_forward: "Brought forward",
  carried_forward: "Carried forward",
  net: "Paid out",
};
export const componentTitle = (name: string): string => COMPONENT_WORDS[name] ?? name;

export const shiftTitle = (kind: string): string =>
  kind === "lag" ? "Terms" : (Object.entries(SHIFT_WORDS).find(([name]) => name === kind)?.[1] ?? kind);

export const HOLD_WORDS: Readonly<Record<HoldRow["state"], readonly [tone: Tone, words: string]>> = {
  active: ["warn", "In force"],
  released: ["neutral", "Released"],
  placed_next_run: ["info", "Placed, from the next run"],
  released_next_run: ["info", "Released, in the next run"],
};

import type { IndexName } from "../../server/indexes/names";
import type { createCaller } from "../../server/trpc/root";

const today = new Date().toISOString().slice(0, 10);
type Call = (caller: ReturnType<typeof createCaller>) => Promise<unknown>;
const id = "no-such";
/** Every read of an index, by the index whose readers may call it. */
export const READS: [string, IndexName, Call][] = [
  ["fraud.queue", "fraud", (c) => c.fraud.queue({})],
  ["fraud.alert", "fraud", (c) => c.fraud.alert({ alertId: id })],
  ["fraud.nextCase", "fraud", (c) => c.fraud.nextCase({})],
  ["fraud.assignees", "fraud", (c) => c.fraud.assignees()],
  ["fraud.live", "fraud", (c) => c.fraud.live({})],
  ["fraud.blacklist", "fraud", (c) => c.fraud.blacklist({})],
  ["merchants.list", "merchants", (c) => c.merchants.list({ from: today, to: today })],
  ["merchants.get", "merchants", (c) => c.merchants.get({ merchantId: id, from: today, to: today })],
  ["ops.streams", "ops", (c) => c.ops.streams()],
  ["ops.throughput", "ops", (c) => c.ops.throughput({})],
  ["ops.latency", "ops", (c) => c.ops.latency({})],
  ["ops.quarantineGroups", "ops", (c) => c.ops.quarantineGroups()],
  ["ops.quarantineRows", "ops", (c) => c.ops.quarantineRows({})],
  ["ops.quarantineRow", "ops", (c) => c.ops.quarantineRow({ quarantineId: id })],
  ["ops.tables", "ops", (c) => c.ops.tables()],
  ["ops.health", "ops", (c) => c.ops.health()],
  ["ops.jobs", "ops", (c) => c.ops.jobs({})],
  ["ops.runs", "ops", (c) => c.ops.runs({})],
  ["ops.run", "ops", (c) => c.ops.run({ runId: id })],
  ["ops.runningWork", "ops", (c) => c.ops.runningWork()],
];
/** Every write. */
export const WRITES: [string, Call][] = [
  ["fraud.verdict", (c) => c.fraud.verdict({ alertIds: [id], verdict: "confirmed" })],
  ["fraud.assign", (c) => c.fraud.assign({ alertIds: [id], assignee: "me" })],
  [
    "fraud.changeSelection",
    (c) =>
      c.fraud.changeSelection({
        filter: {},
        pin: { alertsVersion: 0, selectedAt: `${today}T00:00:00Z` },
        cases: 1,
        act: { kind: "assign", assignee: "me" },
      }),
  ],
  ["fraud.selection", (c) => c.fraud.selection({})],
  ["fraud.note", (c) => c.fraud.note({ alertId: id, text: "x" })],
  ["fraud.snooze", (c) => c.fraud.snooze({ rule: "velocity", entityId: id, until: null, reason: "because" })],
  [
    "fraud.unblacklist",
    (c) => c.fraud.unblacklist({ partyId: id, role: "originator", rule: "velocity", reason: "long enough" }),
  ],
];

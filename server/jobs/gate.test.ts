import { describe, expect, it } from "vitest";
import type { Heartbeat, SourceBeat } from "../db/heartbeats";
import type { BusinessDate } from "../domain/time";
import { type GateFacts, streamPositions, waitsOf } from "./gate";
import { planRuns } from "./plan";
import type { Run } from "./run";

const ENDS = Date.parse("2026-11-21T00:00:00Z");
const run = (more: Partial<Run> = {}): Run => ({
  id: "r1",
  index: "settlement",
  businessDate: "2026-11-20" as BusinessDate,
  mode: "commit",
  state: "queued",
  trigger: "nightly",
  priority: 30,
  askedBy: { id: "system", name: "schedule" },
  reason: null,
  override: null,
  ofRunId: null,
  spec: null,
  specId: null,
  engine: "embedded",
  tries: 0,
  jobId: null,
  worker: null,
  step: null,
  waits: [],
  outcome: null,
  rows: null,
  controls: null,
  diff: null,
  fault: null,
  log: [],
  cancelAsked: false,
  askedAtMs: 0,
  startedAtMs: null,
  endedAtMs: null,
  ...more,
});
const facts = (more: Partial<GateFacts> = {}): GateFacts => ({
  nowMs: ENDS + 60_000,
  dateEndsMs: ENDS,
  streams: [{ source: "cards", readUntilMs: ENDS + 1, why: null }],
  dependencies: [{ index: "reconciliation", open: false, closed: true, failed: null }],
  ...more,
});
const source = (more: Partial<SourceBeat> = {}): SourceBeat => ({
  name: "cards",
  transport: "kafka",
  state: "running",
  code: null,
  message: null,
  remedy: null,
  partitions: [
    { partition: "0", position: "1", low: "0", high: "1", lagMessages: "0", lagSeconds: 0 },
    { partition: "1", position: "1", low: "0", high: "9", lagMessages: "8", lagSeconds: 30 },
  ],
  ...more,
});
const beat = (sources: readonly SourceBeat[], more: Partial<Heartbeat> = {}): Heartbeat => ({
  process: "indexer",
  instance: "a",
  pid: 1,
  startedAt: "",
  beatAt: "",
  beatAtMs: 1_000_000,
  state: "running",
  detail: { sources },
  ...more,
});

describe("how far a source has been read", () => {
  it("is as far as its slowest partition, whichever indexer reads it", () => {
    const [cards] = streamPositions([beat([source()]), beat([source({ partitions: [] })])], ["cards"]);
    expect(cards).toEqual({ source: "cards", readUntilMs: 970_000, why: null });
  });

  it.each([
    ["nobody lives", [beat([source()], { state: "lost" })], /no indexer reports/],
    ["nobody reads it", [beat([])], /no indexer reads it/],
    ["it failed", [beat([source({ state: "failed", message: "the topic is gone" })])], /the topic is gone/],
    [
      "a lag is unknown",
      [
        beat([
          source({
            partitions: [
              { partition: "3", position: null, low: null, high: null, lagMessages: null, lagSeconds: null },
            ],
          }),
        ]),
      ],
      /partition 3 is not known/,
    ],
    [
      "a landed file waits",
      [
        beat([
          source({
            transport: "landing",
            partitions: [{ partition: "*", position: "1", low: null, high: "2", lagMessages: null, lagSeconds: 61 }],
          }),
        ]),
      ],
      /waited for 61 s, and may hold any date/,
    ],
    ["it has no partition yet", [beat([source({ partitions: [] })])], /which partitions/],
  ] as const)("is not known where %s, and why is said", (_case, beats, why) => {
    const [cards] = streamPositions(beats, ["cards"]);
    expect(cards?.readUntilMs).toBeNull();
    expect(cards?.why).toMatch(why);
  });
});

describe("statement files", () => {
  const intake = (waiting: number, state: Heartbeat["state"] = "running") =>
    beat([], { process: "intake", state, detail: { figures: { files_waiting: waiting } } });

  it("that wait to be read hold every date back; without an intake nobody waits for them", () => {
    const positions = (beats: readonly Heartbeat[]) =>
      streamPositions([beat([source()]), ...beats], ["cards"]).slice(1);
    expect(positions([intake(3)])).toEqual([
      { source: "statements", readUntilMs: null, why: "3 files wait to be read" },
    ]);
    expect(positions([intake(0)])).toEqual([]);
    expect(positions([intake(3, "stopped")])).toEqual([]);
  });
});

describe("the gate", () => {
  it.each([
    ["all is there", facts(), []],
    ["the day is not over", facts({ nowMs: ENDS - 1 }), ["day_not_over 2026-11-20"]],
    [
      "a source has not been read to the day's end",
      facts({ streams: [{ source: "cards", readUntilMs: ENDS - 1, why: null }] }),
      ["stream cards"],
    ],
    ["a source is not known", facts({ streams: [{ source: "cards", readUntilMs: null, why: "x" }] }), ["stream cards"]],
    [
      "what it reads is not closed",
      facts({ dependencies: [{ index: "reconciliation", open: false, closed: false, failed: null }] }),
      ["dependency reconciliation"],
    ],
    [
      "what it reads is being run again",
      facts({ dependencies: [{ index: "reconciliation", open: true, closed: true, failed: null }] }),
      ["dependency reconciliation"],
    ],
  ])("where %s", (_case, given, expected) => {
    expect(waitsOf(run(), given).map(({ kind, on }) => `${kind} ${on}`)).toEqual(expected);
  });

  it("names the failure of what it waits for", () => {
    const failed = { index: "reconciliation", open: false, closed: false, failed: "it does not balance" };
    expect(waitsOf(run(), facts({ dependencies: [failed] }))[0]?.message).toMatch(/it does not balance.*Run it first/);
  });

  it("lets a person's reason go before everything but inputs that are being replaced", () => {
    const stale = facts({ nowMs: ENDS - 1, streams: [{ source: "cards", readUntilMs: null, why: "x" }] });
    expect(waitsOf(run({ override: "the bank is on the phone" }), stale)).toEqual([]);
    const replacing = { index: "reconciliation", open: true, closed: true, failed: null };
    const waits = waitsOf(run({ override: "the bank is on the phone" }), { ...stale, dependencies: [replacing] });
    expect(waits.map(({ on }) => on)).toEqual(["reconciliation"]);
  });

  it("holds back no dry run: it changes nothing", () => {
    expect(waitsOf(run({ mode: "dry_run" }), facts({ nowMs: ENDS - 1 }))).toEqual([]);
  });
});

describe("the plan", () => {
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
  const of = (id: string, more: Partial<Run> = {}) => run({ id, ...more });

  it("sends one committing run of each index, the first in the order given, and any dry run", () => {
    const open = [of("fresh"), of("old"), of("other", { index: "merchants" }), of("dry", { mode: "dry_run" })];
    const { send, block } = planRuns(open, () => []);
    expect(ids(send)).toEqual(["fresh", "other", "dry"]);
    expect(block.map(({ run: { id }, waits }) => [id, waits[0]?.kind])).toEqual([["old", "order"]]);
  });

  it("sends none of an index that has a run under way", () => {
    const open = [of("under way", { jobId: "j", state: "running" }), of("next")];
    expect(ids(planRuns(open, () => []).send)).toEqual([]);
  });

  it("goes on with the next date where the first has to wait", () => {
    const stream = { kind: "stream", on: "cards", message: "" } as const;
    const { send, block } = planRuns([of("waits"), of("next")], ({ id }) => (id === "waits" ? [stream] : []));
    expect(ids(send)).toEqual(["next"]);
    expect(block).toMatchObject([{ run: { id: "waits" }, waits: [stream] }]);
  });
});

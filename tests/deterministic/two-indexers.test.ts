import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConcordanceError } from "../../server/domain/errors";
import { ALERTS } from "../../server/indexes/fraud/tables";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openLake } from "../../server/lake/lake";
import { scanSql } from "../../server/lake/scan";
import { silentLogger } from "../../server/observability/log";
import { Indexer } from "../../server/pipeline/indexer";
import type { SourceGroup } from "../../server/pipeline/source";
import { createRulesHolder, nowMicros } from "../../workers/indexer/parts";
import { temporaryDirectory } from "../support/world";
import { Bucket, openPlainStore } from "./bucket";
import { RULES } from "./processes";
import { openTools, type Tools } from "./run";

let tools: Tools;
beforeAll(async () => {
  tools = await openTools();
});
afterAll(() => tools.db.close());

const eventOf = (id: string) =>
  new TextEncoder().encode(
    JSON.stringify({
      transaction_id: id,
      event_id: id,
      payment_type: "CARD",
      status: "SETTLED",
      amount_minor: 1,
      currency: "EUR",
      user_id: "u1",
      merchant_id: "m1",
      event_time: "2026-01-05T10:00:00.000Z",
    }),
  );

function groupOf(partition: string, from: number, ids: readonly string[]): SourceGroup {
  const records = ids.map((id, index) => ({ bytes: eventOf(id), position: BigInt(from + index) }));
  return {
    source: "payments",
    appId: `kafka/cluster/payments/topic/${partition}`,
    markVersion: BigInt(from + ids.length - 1),
    markPer: "record",
    batches: [{ source: "payments", partition, records }],
    bytes: 1,
    arrivedAtMs: 0,
  };
}

async function indexerOn(bucket: Bucket, store = openPlainStore(bucket)) {
  const lake = await openLake(store, tools.db, ALL_TABLES);
  const { rules } = await createRulesHolder(lake, () => RULES);
  const limits = { flushAgeMs: 1_000_000, flushRows: 1_000, flushBytes: 1_000_000, dedupeBytesMax: 1_000_000 };
  const common = { alertsSpec: ALERTS, sources: tools.sources, rules, limits, nowMicros, log: silentLogger };
  const indexer = new Indexer({ lake, db: tools.db, ...common });
  return { lake, sink: indexer.sinkFor("payments"), stop: () => indexer.stop() };
}

/** Which events the lake holds, in the order of their names. */
async function eventsIn(bucket: Bucket): Promise<string[]> {
  const { lake, stop } = await indexerOn(bucket);
  const connection = await tools.db.connect();
  const { files, spec } = await lake.table("transactions").refresh();
  const reader = await connection.runAndReadAll(
    `SELECT event_id || ' ' || source_partition || '/' || source_offset FROM ${await scanSql(lake.store, spec, files)} ORDER BY 1`,
  );
  connection.closeSync();
  await stop();
  return reader.getRowsJS().map(([event]) => String(event));
}

describe("of two indexers", () => {
  let bucket: Bucket;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const directory = await temporaryDirectory();
    remove = directory.remove;
    bucket = new Bucket(directory.path, Date.now);
  });
  afterEach(() => remove());

  it("one that takes a partition over knows what the other stored since its own first look at that time", async () => {
    const [before, after] = [await indexerOn(bucket), await indexerOn(bucket)];
    await after.sink.push(groupOf("0", 0, ["own"]));
    await after.sink.flush();
    await before.sink.push(groupOf("1", 0, ["a", "b"]));
    await before.sink.flush();
    expect(await after.sink.lowestMark("kafka/cluster/payments/topic/1")).toBe(1n);
    await after.sink.push(groupOf("1", 2, ["b", "c"]));
    await after.sink.flush();
    expect(await eventsIn(bucket)).toEqual(["a 1/0", "b 1/1", "c 1/3", "own 0/0"]);
    await Promise.all([before.stop(), after.stop()]);
  });

  it("one commits its rows once, though the store fails as it looks at what the other committed before", async () => {
    const store = openPlainStore(bucket);
    let failing = false;
    const second = await indexerOn(bucket, {
      ...store,
      get: async (key) => {
        if (!failing || !key.includes("/transactions/_delta_log/")) return store.get(key);
        failing = false;
        throw new ConcordanceError({ kind: "unavailable", code: "store_unavailable", message: "no answer" });
      },
      putIfAbsent: async (key, bytes) => {
        const outcome = await store.putIfAbsent(key, bytes);
        failing = outcome === "created" && key.includes("/transactions/");
        return outcome;
      },
    });
    const first = await indexerOn(bucket);
    await second.sink.push(groupOf("1", 0, ["b"]));
    await first.sink.push(groupOf("0", 0, ["a"]));
    await first.sink.flush();
    await second.sink.flush();
    expect(failing).toBe(false);
    expect(await eventsIn(bucket)).toEqual(["a 0/0", "b 1/0"]);
    await Promise.all([first.stop(), second.stop()]);
  });

  it("one that loses a batch while it looks where a partition stands asks again before it takes anything of it", async () => {
    const store = openPlainStore(bucket);
    let gate: Promise<void> | null = null;
    let arrived: () => void = () => undefined;
    const slow = await indexerOn(bucket, {
      ...store,
      localPath: async (key) => {
        if (key.includes("/ingest_balance/")) {
          arrived();
          await gate;
        }
        return store.localPath(key);
      },
    });
    const quick = await indexerOn(bucket);
    await slow.sink.push(groupOf("0", 0, ["a"]));
    await quick.sink.push(groupOf("0", 0, ["a"]));
    await quick.sink.flush();
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const looking = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const losing = slow.sink.flush();
    const pushing = slow.sink.push(groupOf("1", 0, ["x", "y"]));
    const refused = expect(pushing).rejects.toMatchObject({ code: "fenced" });
    await Promise.all([losing, looking]);
    await quick.sink.push(groupOf("1", 0, ["x", "y", "z"]));
    await quick.sink.flush();
    open();
    await refused;
    expect(await slow.sink.lowestMark("kafka/cluster/payments/topic/1")).toBe(2n);
    await slow.sink.push(groupOf("1", 3, ["last"]));
    await slow.sink.flush();
    expect(await eventsIn(bucket)).toEqual(["a 0/0", "last 1/3", "x 1/0", "y 1/1", "z 1/2"]);
    await Promise.all([slow.stop(), quick.stop()]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

async function indexerOn(bucket: Bucket) {
  const lake = await openLake(openPlainStore(bucket), tools.db, ALL_TABLES);
  const { rules } = await createRulesHolder(lake, () => RULES);
  const limits = { flushAgeMs: 1_000_000, flushRows: 1_000, flushBytes: 1_000_000, dedupeBytesMax: 1_000_000 };
  const common = { alertsSpec: ALERTS, sources: tools.sources, rules, limits, nowMicros, log: silentLogger };
  const indexer = new Indexer({ lake, db: tools.db, ...common });
  return { lake, sink: indexer.sinkFor("payments"), stop: () => indexer.stop() };
}

describe("an indexer that takes a partition over", () => {
  it("knows what the one before it stored since its own first look at that time", async () => {
    const { path, remove } = await temporaryDirectory();
    try {
      const bucket = new Bucket(path, Date.now);
      const [before, after] = [await indexerOn(bucket), await indexerOn(bucket)];
      await after.sink.push(groupOf("0", 0, ["own"]));
      await after.sink.flush();
      await before.sink.push(groupOf("1", 0, ["a", "b"]));
      await before.sink.flush();
      expect(await after.sink.lowestMark("kafka/cluster/payments/topic/1")).toBe(1n);
      await after.sink.push(groupOf("1", 2, ["b", "c"]));
      await after.sink.flush();
      const { files, spec } = await after.lake.table("transactions").refresh();
      const connection = await tools.db.connect();
      const reader = await connection.runAndReadAll(
        `SELECT event_id, source_partition, source_offset::INTEGER FROM ${await scanSql(after.lake.store, spec, files)} ORDER BY ALL`,
      );
      expect(reader.getRowsJS()).toEqual([
        ["a", "1", 0],
        ["b", "1", 1],
        ["c", "1", 3],
        ["own", "0", 0],
      ]);
      connection.closeSync();
      await Promise.all([before.stop(), after.stop()]);
    } finally {
      await remove();
    }
  });
});

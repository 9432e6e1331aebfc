import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addAlerts } from "../../../tests/support/alerts";
import { openDuckDb } from "../../lake/duckdb";
import { type Lake, openLake } from "../../lake/lake";
import { scanSql } from "../../lake/scan";
import { openLocalStore } from "../../lake/store/local";
import { summaryPoint, writeStolenCardSummaries } from "./batch";
import { ALERTS, STOLEN_CARD_SUMMARIES } from "./tables";

const POINT = Date.UTC(2026, 0, 5, 12, 0, 10);
/** Late enough for the point to be settled. */
const NOW = POINT + 2_500;

let directory: string;
let lake: Lake;
let close: () => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "concordance-summaries-"));
  const db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: join(directory, "spill") });
  lake = await openLake(await openLocalStore(join(directory, "lake")), db, [ALERTS, STOLEN_CARD_SUMMARIES]);
  close = () => db.close();
});
afterEach(async () => {
  close();
  await rm(directory, { recursive: true, force: true });
});

async function summaries(): Promise<unknown[][]> {
  const connection = await lake.db.connect();
  const { files } = await lake.table(STOLEN_CARD_SUMMARIES.name).refresh();
  const reader = await connection.runAndReadAll(
    `SELECT epoch_ms(summary_at)::DOUBLE, card_token, events::INTEGER, sums, epoch_ms(first_seen)::DOUBLE, epoch_ms(last_seen)::DOUBLE, merchants
       FROM ${await scanSql(lake.store, STOLEN_CARD_SUMMARIES, files)} ORDER BY 1, 2`,
  );
  connection.closeSync();
  return reader.getRowsJS();
}

describe("stolen_card_summary", () => {
  it("sums each card's last hour by currency, and nothing of another rule or outside the hour", async () => {
    const minute = 60_000;
    await addAlerts(lake, [
      { card: "c1", atMs: POINT - 3 * minute, minor: 100 },
      { card: "c1", atMs: POINT - 2 * minute, minor: 250, merchant: "m0" },
      { card: "c1", atMs: POINT, minor: 7, currency: "GBP", merchant: null },
      { card: "c1", atMs: POINT - 60 * minute, minor: 9_999 },
      { card: "c1", atMs: POINT + 1, minor: 9_999 },
      { card: "c2", atMs: POINT - minute, minor: null },
      { card: "c3", atMs: POINT - minute, minor: 1, rule: "repeated_declines" },
    ]);
    expect(await writeStolenCardSummaries(lake, NOW)).toBe(POINT);
    expect(await summaries()).toEqual([
      [
        POINT,
        "c1",
        3,
        '[{"currency":"EUR","exponent":2,"amountMinor":"350"},{"currency":"GBP","exponent":2,"amountMinor":"7"}]',
        POINT - 3 * minute,
        POINT,
        '["m0","m1"]',
      ],
      [POINT, "c2", 1, "[]", POINT - minute, POINT - minute, '["m1"]'],
    ]);
  });

  it("writes each point of the grid once, whoever asks and how often", async () => {
    await addAlerts(lake, [{ card: "c1", atMs: POINT - 1_000, minor: 1 }]);
    const written = await Promise.all([writeStolenCardSummaries(lake, NOW), writeStolenCardSummaries(lake, NOW + 50)]);
    expect(written.filter((point) => point !== null)).toEqual([POINT]);
    expect(await writeStolenCardSummaries(lake, NOW + 5_000)).toBeNull();
    expect(await writeStolenCardSummaries(lake, NOW + 10_000)).toBe(POINT + 10_000);
    expect((await summaries()).map(([at]) => at)).toEqual([POINT, POINT + 10_000]);
  });

  it("takes a point once its events had time to come in, and makes none up for a pause", async () => {
    expect(summaryPoint(POINT + 1_999)).toBe(POINT - 10_000);
    expect(summaryPoint(POINT + 2_000)).toBe(POINT);
    await addAlerts(lake, [{ card: "c1", atMs: POINT - 1_000, minor: 1 }]);
    await writeStolenCardSummaries(lake, NOW);
    await writeStolenCardSummaries(lake, NOW + 600_000);
    expect((await summaries()).map(([at]) => at)).toEqual([POINT, POINT + 600_000]);
  });
});

import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyLake } from "../../server/lake/verify";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { runSql } from "../../server/query/sql";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory, writeWorld } from "../support/world";

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
});
afterEach(() => remove());

const MAPPING = "config/mappings/concordance-transactions.yaml";

async function inLake<T>(
  work: (
    query: (sql: string) => Promise<Record<string, unknown>[]>,
    verify: () => ReturnType<typeof verifyLake>,
  ) => Promise<T>,
) {
  const settings = smallSettings(directory);
  const { lake, close } = await openProcessLake(settings, settings.lake);
  try {
    const query = async (sql: string) => {
      let text = "";
      await runSql(lake, { sql, asOf: null, format: "json" }, (part) => {
        text += part;
      });
      return JSON.parse(text);
    };
    return await work(query, () => verifyLake(lake));
  } finally {
    close();
  }
}

const run = (inputs: string[], more: Record<string, string> = {}) => {
  const settings = smallSettings(directory, more);
  return ingest({ source: "test", mappingPath: MAPPING, inputs, lake: settings.lake }, settings, silentLogger);
};

describe("ingest", () => {
  it("accounts for every record, counts a producer's duplicate once, and changes nothing the second time", async () => {
    const world = await writeWorld(directory, "w", 600);
    const report = await run([world.path]);
    expect(report).toMatchObject({
      in: world.records,
      accepted: world.accepted,
      duplicates: world.duplicates,
      quarantinedByCode: world.quarantined,
      refused: [],
    });
    const versions = () => inLake((query) => query("SELECT count(*) AS n, sum(source_offset) AS s FROM transactions"));
    const before = await versions();
    const renamed = join(directory, "renamed.ndjson");
    await copyFile(world.path, renamed);
    expect((await run([world.path, renamed])).recognised).toEqual([world.path, renamed]);
    expect(await versions()).toEqual(before);
    expect((await inLake((_, verify) => verify())).differences).toEqual([]);
  });

  it("takes a new content under a used name for another place: what both hold on one line is a duplicate", async () => {
    const world = await writeWorld(directory, "w", 20);
    await run([world.path]);
    const [first = "", ...others] = (await readFile(world.path, "utf8")).trimEnd().split("\n");
    const next = await writeWorld(directory, "next", 5);
    const added = (await readFile(next.path, "utf8")).trimEnd().split("\n").slice(0, 4);
    expect(others.length).toBeGreaterThan(added.length);
    await writeFile(world.path, `${[first, ...added].join("\n")}\n`);
    const report = await run([world.path]);
    expect(report.duplicates - world.duplicates).toBe(1);
    await inLake(async (query, verify) => {
      expect(
        await query(
          "SELECT count(*) AS n FROM transactions WHERE transaction_id = 'w-0' GROUP BY event_id HAVING n > 1",
        ),
      ).toEqual([]);
      expect((await verify()).differences).toEqual([]);
    });
  });

  it("recognises a duplicate that comes in a later file, after a restart", async () => {
    const world = await writeWorld(directory, "w", 60);
    await run([world.path]);
    const again = join(directory, "again.ndjson");
    await writeFile(again, `${await readFile(world.path, "utf8")}\n`.replace("\n", "\n\n"));
    const report = await run([again]);
    expect(report.accepted).toBe(world.accepted);
    expect(report.duplicates).toBe(world.duplicates * 2 + world.accepted);
  });

  it("fires velocity for exactly the parties a plain recount finds, on their first such day, whatever the ticks", async () => {
    const world = await writeWorld(directory, "w", 900);
    await run([world.path], { CONCORDANCE_TICK_ROWS: "1" });
    const first = new Map<string, number>();
    for (const [key, count] of world.perDay) {
      const [user = "", day = ""] = key.split("/");
      if (count > 30) first.set(user, Math.min(first.get(user) ?? 99, Number(day)));
    }
    expect(first.size).toBeGreaterThan(2);
    const expected = [...first].map(([party_id, day]) => ({ party_id, day: `2026-01-0${5 + day}`, count: 31 }));
    const found = await inLake((query) =>
      query(
        "SELECT party_id, business_date::VARCHAR AS day, count FROM blacklist WHERE rule = 'velocity' AND role = 'originator' ORDER BY party_id",
      ),
    );
    expect(found).toEqual(expected.sort((a, b) => (a.party_id < b.party_id ? -1 : 1)));
  });

  it("loses nothing when a flush falls due in the middle of a group", async () => {
    const world = await writeWorld(directory, "w", 20_000);
    // A group takes some tenths of a second: one of these ages ends inside one.
    for (const flushAgeMs of [60, 100, 150, 220, 300]) {
      const lake = join(directory, `lake-${flushAgeMs}`);
      const settings = smallSettings(directory, {
        CONCORDANCE_LAKE: lake,
        CONCORDANCE_FLUSH_AGE_MS: String(flushAgeMs),
        CONCORDANCE_PLAN_RECORDS: "9000",
        CONCORDANCE_FLUSH_ROWS: "100000",
        CONCORDANCE_TICK_ROWS: "200000",
      });
      const report = await ingest(
        { source: "test", mappingPath: MAPPING, inputs: [world.path], lake },
        settings,
        silentLogger,
      );
      expect(report).toMatchObject({ in: world.records, accepted: world.accepted, duplicates: world.duplicates });
    }
  }, 120_000);

  it("keeps no card number anywhere in the lake", async () => {
    const world = await writeWorld(directory, "w", 60);
    await run([world.path]);
    const rows = await inLake((query) =>
      query(
        "SELECT count(*) FILTER (raw::VARCHAR LIKE '%4111111111111111%') AS clear, count(*) AS n FROM quarantine WHERE code = 'bad_json'",
      ),
    );
    expect(rows).toEqual([{ clear: 0, n: world.quarantined.bad_json }]);
    const tokens = await inLake((query) =>
      query("SELECT DISTINCT card_last4, length(card_token) AS n FROM transactions"),
    );
    expect(tokens).toEqual([{ card_last4: "1111", n: 32 }]);
  });

  it("refuses a gzip that is cut off, whole, and takes it once it is whole", async () => {
    const world = await writeWorld(directory, "w", 60);
    const gzip = gzipSync(await readFile(world.path));
    const path = join(directory, "w.ndjson.gz");
    await writeFile(path, gzip.subarray(0, gzip.length - 40));
    const refused = await run([path]);
    expect(refused.in).toBe(0);
    expect(refused.refused).toMatchObject([{ path, code: "truncated_gzip" }]);
    await writeFile(path, gzip);
    expect((await run([path])).in).toBe(world.records);
  });

  it("quarantines a 50 MB line and 10,000 nested arrays and goes on", async () => {
    const world = await writeWorld(directory, "w", 20);
    const path = join(directory, "hostile.ndjson");
    const nested = `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    await writeFile(path, `${"x".repeat(50_000_000)}\n${nested}\n${await readFile(world.path, "utf8")}`);
    const report = await run([path]);
    expect(report.quarantinedByCode).toEqual({ ...world.quarantined, record_too_large: 1, nesting_too_deep: 1 });
    expect(report.accepted).toBe(world.accepted);
    const rows = await inLake((query) => query("SELECT raw_bytes FROM quarantine WHERE code = 'record_too_large'"));
    expect(rows).toEqual([{ raw_bytes: 50_000_000 }]);
  });
});

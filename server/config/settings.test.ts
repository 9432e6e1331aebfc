import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { loadSettings, SETTING_NAMES } from "./settings";

describe("settings", () => {
  it("are all in docs/configuration.md, and nothing else is", async () => {
    const documented = (await readFile("docs/configuration.md", "utf8")).matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm);
    expect([...documented].map(([, name]) => name).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it("have the defaults docs/configuration.md states", async () => {
    const text = await readFile("docs/configuration.md", "utf8");
    const settings = loadSettings({ NODE_ENV: "test" });
    const rows = text.matchAll(/^\| `([A-Z0-9_]+)` \| `?([^|`]+?)`? \|/gm);
    const defaults = new Map([...rows].map(([, name, value]) => [name, value]));
    const stated = (name: string) => defaults.get(name);
    expect(stated("CONCORDANCE_FLUSH_AGE_MS")).toBe(String(settings.flushAgeMs));
    expect(stated("CONCORDANCE_FLUSH_ROWS")).toBe(String(settings.flushRows));
    expect(stated("CONCORDANCE_FLUSH_BYTES")).toBe(String(settings.flushBytes));
    expect(stated("CONCORDANCE_DEDUPE_BYTES")).toBe(String(settings.dedupeBytesMax));
    expect(stated("CONCORDANCE_PLAN_RECORDS")).toBe(String(settings.planRecords));
    expect(stated("CONCORDANCE_PLAN_BYTES")).toBe(String(settings.planBytes));
    expect(stated("CONCORDANCE_TICK_ROWS")).toBe(String(settings.tickRows));
    expect(stated("CONCORDANCE_DUCKDB_MEMORY_MB")).toBe(String(settings.duckDbMemoryMb));
    expect(stated("CONCORDANCE_DUCKDB_THREADS")).toBe(String(settings.duckDbThreads));
    expect(stated("CONCORDANCE_PORT")).toBe(String(settings.port));
    expect(stated("CONCORDANCE_SIMULATOR_TPS")).toBe(String(settings.simulator.tps));
    expect(stated("CONCORDANCE_LOG_LEVEL")).toBe(settings.logLevel);
    expect(stated("CONCORDANCE_MAINTENANCE_EVERY_MS")).toBe(String(settings.maintenanceEveryMs));
    expect(stated("CONCORDANCE_NIGHTLY")).toBe(settings.batch.nightly);
    expect(stated("CONCORDANCE_CATCH_UP_DAYS")).toBe(String(settings.batch.catchUpDays));
    expect(stated("CONCORDANCE_BATCH_MEMORY_MB")).toBe(String(settings.batch.memoryMb));
    expect(stated("CONCORDANCE_RECORD_BYTES_MAX")).toBe(String(settings.recordBytesMax));
  });

  it("are refused with every fault listed", () => {
    const load = () =>
      loadSettings({
        NODE_ENV: "test",
        CONCORDANCE_PORT: "none",
        CONCORDANCE_CARD_KEY: "12",
        CONCORDANCE_LOG_LEVEL: "loud",
      });
    expect(load).toThrow(/3 fault\(s\)[\s\S]*CONCORDANCE_CARD_KEY[\s\S]*CONCORDANCE_PORT[\s\S]*CONCORDANCE_LOG_LEVEL/);
  });
});

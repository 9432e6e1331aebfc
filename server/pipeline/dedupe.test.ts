import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDuckDb } from "../lake/duckdb";
import { openLocalStore } from "../lake/store/local";
import { DedupeIndex } from "./dedupe";
import { TRANSACTIONS } from "./tables";

const TEN_MINUTES = 600_000_000n;

describe("the index of keys that are stored", () => {
  it("is ready for every time it was prepared for, though it was told to forget everything meanwhile", async () => {
    const directory = await mkdtemp(join(tmpdir(), "dedupe-"));
    const db = await openDuckDb({ memoryLimitMb: 128, threads: 1, temporaryDirectory: `${directory}/spill` });
    const connection = await db.connect();
    const store = await openLocalStore(`${directory}/lake`);
    const index = new DedupeIndex({ spec: TRANSACTIONS, store, sources: new Set(["s"]), bytesMax: 1_000_000 });
    const preparing = index.prepare(connection, [], [0n, TEN_MINUTES]);
    index.clear();
    await preparing;
    expect(index.claim("a", 0n, 1, 1)).toBe("new");
    expect(index.claim("a", 0n, 1, 2)).toBe("duplicate");
    expect(index.claim("b", TEN_MINUTES, 1, 1)).toBe("new");
    connection.closeSync();
    db.close();
    await rm(directory, { recursive: true, force: true });
  });
});

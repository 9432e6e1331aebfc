import { describe, expect, it } from "vitest";
import { ALL_TABLES } from "../../server/indexes/ingest";
import { openLocalStore } from "../../server/lake/store/local";
import type { ObjectStore } from "../../server/lake/store/store";
import { contentOf, createProjector, indexFiles, openOwnLake } from "../support/pipeline";
import { temporaryDirectory, writeWorld } from "../support/world";

/** Odd, so that deaths before and after a write take turns. `CRASH_POINTS=all` tries every write. */
const STRIDE = 13;

class Died extends Error {}

/** A store whose process dies before or after its n-th write: from then on nothing answers. */
function dyingStore(store: ObjectStore, dieAt: number, after: boolean): { store: ObjectStore; writes: () => number } {
  let writes = 0;
  const dies =
    <T extends unknown[], R>(work: (...args: T) => Promise<R>, counts: boolean) =>
    async (...args: T): Promise<R> => {
      if (writes >= dieAt + 1) throw new Died();
      if (!counts) return work(...args);
      writes++;
      if (writes === dieAt + 1 && !after) throw new Died();
      const answer = await work(...args);
      if (writes >= dieAt + 1) throw new Died();
      return answer;
    };
  const dying: ObjectStore = Object.create(store, {
    get: { value: dies((key: string) => store.get(key), false) },
    putIfAbsent: { value: dies((key: string, bytes: Uint8Array) => store.putIfAbsent(key, bytes), true) },
    put: { value: dies((key: string, bytes: Uint8Array) => store.put(key, bytes), true) },
    putFile: { value: dies((key: string, path: string) => store.putFile(key, path), true) },
  });
  return { store: dying, writes: () => writes };
}

async function ingestOnce(store: ObjectStore, directory: string, path: string): Promise<void> {
  const { lake, close } = await openOwnLake(store, directory);
  try {
    await indexFiles(lake, directory, { source: "test", mapping: "concordance-transactions", paths: [path] });
    await createProjector(lake, directory).drain();
  } finally {
    close();
  }
}

describe("a process that dies at any write", () => {
  it("leaves, after a restart, the tables of a process that did not", async () => {
    const { path: directory, remove } = await temporaryDirectory();
    try {
      const world = await writeWorld(directory, "w", 400, 2);
      const whole = dyingStore(await openLocalStore(`${directory}/whole`), Number.MAX_SAFE_INTEGER, false);
      await ingestOnce(whole.store, directory, world.path);
      const expected = await contentOf(whole.store, directory);
      expect(expected.differences).toEqual([]);
      expect(expected.content.blacklist?.split("\n").length).toBeGreaterThan(4);
      // Version 0 of each table comes first; deaths there are covered by the first few points.
      const stride = process.env.CRASH_POINTS === "all" ? 1 : STRIDE;
      const points = Array.from({ length: whole.writes() }, (_, point) => point).filter(
        (point) => point % stride === 0 && (point < 3 || point >= ALL_TABLES.length),
      );
      expect(points.length).toBeGreaterThan(9);
      for (const point of points) {
        const after = point % 2 === 1;
        const store = await openLocalStore(`${directory}/lake-${point}`);
        await expect(ingestOnce(dyingStore(store, point, after).store, directory, world.path)).rejects.toThrow(Died);
        await ingestOnce(store, directory, world.path);
        expect(await contentOf(store, directory), `died ${after ? "after" : "before"} write ${point}`).toEqual(
          expected,
        );
      }
    } finally {
      await remove();
    }
  }, 300_000);
});

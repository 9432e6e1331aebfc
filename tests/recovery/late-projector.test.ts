import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lake } from "../../server/lake/lake";
import { MAINTENANCE_DEFAULTS, trimLog, vacuum } from "../../server/lake/maintenance";
import { openLocalStore } from "../../server/lake/store/local";
import { TRANSACTIONS } from "../../server/pipeline/tables";
import { contentOf, createProjector, indexFiles, openOwnLake } from "../support/pipeline";
import { temporaryDirectory, writeWorld } from "../support/world";

const DAY_MS = 86_400_000;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
});
afterEach(() => remove());

const index = (lake: Lake, path: string) =>
  indexFiles(lake, directory, { source: "test", mapping: "concordance-transactions", paths: [path] });

/** What maintenance does to the log of the raw table so many days from now. */
async function daysPass(lake: Lake, days: number): Promise<void> {
  const table = lake.table(TRANSACTIONS.name);
  await table.writeCheckpoint();
  const limits = { ...MAINTENANCE_DEFAULTS, nowMs: () => Date.now() + days * DAY_MS };
  await vacuum(lake, table, limits);
  await trimLog(lake, table, limits);
}

/** What the late one must come to. Who is blacklisted by the first file is denied in the second only if it was projected before. */
async function projectedInTime(first: string, second: string, between: boolean) {
  const store = await openLocalStore(`${directory}/in-time`);
  const { lake, close } = await openOwnLake(store, directory);
  await index(lake, first);
  if (between) await createProjector(lake, directory).drain();
  await index(lake, second);
  await createProjector(lake, directory).drain();
  close();
  return contentOf(store, directory);
}

describe("a projector that comes late", () => {
  it("to a table whose log no longer begins at its beginning, begins with the table as it stands", async () => {
    const world = await writeWorld(directory, "a", 300, 2);
    const more = await writeWorld(directory, "b", 100, 2);
    const store = await openLocalStore(`${directory}/late`);
    const { lake, close } = await openOwnLake(store, directory);
    await index(lake, world.path);
    await daysPass(lake, 3);
    await expect(lake.table(TRANSACTIONS.name).at({ version: 1 })).rejects.toMatchObject({ code: "version_gone" });
    await index(lake, more.path);
    close();
    const reopened = await openOwnLake(store, directory);
    await createProjector(reopened.lake, directory).drain();
    reopened.close();
    expect(await contentOf(store, directory)).toEqual(await projectedInTime(world.path, more.path, false));
  });

  it("after days of standing still, goes on where it was: the log is kept for it, for thirty days", async () => {
    const world = await writeWorld(directory, "a", 300, 2);
    const more = await writeWorld(directory, "b", 300, 2);
    const store = await openLocalStore(`${directory}/stopped`);
    const { lake, close } = await openOwnLake(store, directory);
    await index(lake, world.path);
    await createProjector(lake, directory).drain();
    const stoodAt = lake.table(TRANSACTIONS.name).current().version;
    await index(lake, more.path);
    await daysPass(lake, 29);
    close();
    const reopened = await openOwnLake(store, directory);
    await createProjector(reopened.lake, directory).drain();
    expect(await contentOf(store, directory)).toEqual(await projectedInTime(world.path, more.path, true));
    await daysPass(reopened.lake, 29);
    await expect(reopened.lake.table(TRANSACTIONS.name).at({ version: stoodAt })).rejects.toMatchObject({
      code: "version_gone",
    });
    reopened.close();
  });
});

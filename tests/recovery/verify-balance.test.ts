import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLocalStore } from "../../server/lake/store/local";
import { verifyLake } from "../../server/lake/verify";
import { indexFiles, openOwnLake } from "../support/pipeline";
import { temporaryDirectory, writeWorld } from "../support/world";

let directory: string;
let remove: () => Promise<void>;
let newest: string;
let aside: string;

/** A lake whose rows are all committed, and the newest commit of whose balance is taken aside: as between the two commits of a batch. */
beforeEach(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const world = await writeWorld(directory, "w", 120, 2);
  const { lake, close } = await openOwnLake(await openLocalStore(`${directory}/lake`), directory);
  await indexFiles(lake, directory, { source: "test", mapping: "concordance-transactions", paths: [world.path] });
  close();
  const log = `${directory}/lake/tables/ingest_balance/_delta_log`;
  const commits = (await readdir(log)).filter((name) => /^\d{20}\.json$/.test(name)).sort();
  newest = join(log, commits.at(-1) ?? "");
  aside = join(directory, "aside.json");
  await rename(newest, aside);
});
afterEach(() => remove());

async function differences(meanwhile: () => Promise<unknown>) {
  const { lake, close } = await openOwnLake(await openLocalStore(`${directory}/lake`), directory);
  try {
    const [verification] = await Promise.all([verifyLake(lake), meanwhile()]);
    return verification.differences;
  } finally {
    close();
  }
}

describe("verify", () => {
  it("finds rows no balance speaks of", async () => {
    expect(await differences(async () => undefined)).toEqual([
      expect.objectContaining({
        table: "ingest_balance",
        message: expect.stringMatching(/accepted \d+ .* stored \d+/),
      }),
    ]);
  });

  it("does not take a batch whose balance is just being committed for one", async () => {
    expect(
      await differences(() => new Promise((resolve) => setTimeout(resolve, 1_500)).then(() => rename(aside, newest))),
    ).toEqual([]);
  });
});

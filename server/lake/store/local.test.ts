import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalStore } from "./local";
import { probeConditionalPut } from "./open";
import type { ObjectStore } from "./store";

let root: string;
let store: ObjectStore;
const text = (value: string) => new TextEncoder().encode(value);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "local-store-"));
  store = await openLocalStore(join(root, "lake"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a store in a directory", () => {
  it("lets exactly one of twenty racers create an object, whole, a hundred times", async () => {
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, racer) => store.putIfAbsent(`race/${round}`, text(`racer ${racer}`))),
      );
      expect(answers.filter((answer) => answer === "created")).toHaveLength(1);
      const winner = new TextDecoder().decode(await store.get(`race/${round}`));
      expect(winner).toBe(`racer ${answers.indexOf("created")}`);
    }
    expect(await readdir(store.temporaryDirectory)).toEqual([]);
  });

  it("lists in the order of the keys, under a prefix, from a key on, without unfinished files", async () => {
    for (const key of ["l/b/2", "l/a", "l/b/1", "l/c", "lx"]) await store.put(key, text("x"));
    await writeFile(join(store.temporaryDirectory, "unfinished"), "x");
    const listed = async (prefix: string, after?: string) => {
      const keys: string[] = [];
      for await (const { key } of store.list(prefix, after)) keys.push(key);
      return keys;
    };
    expect(await listed("l/")).toEqual(["l/a", "l/b/1", "l/b/2", "l/c"]);
    expect(await listed("l")).toEqual(["l/a", "l/b/1", "l/b/2", "l/c", "lx"]);
    expect(await listed("l/", "l/b/1")).toEqual(["l/b/2", "l/c"]);
    expect(await listed("nothing/")).toEqual([]);
  });

  it("does not begin a log anew in a folder that was removed", async () => {
    await store.putIfAbsent("tables/t/_delta_log/0.json", text("first"));
    await rm(join(root, "lake", "tables"), { recursive: true });
    await expect(store.putIfAbsent("tables/t/_delta_log/1.json", text("second"))).rejects.toMatchObject({
      kind: "unavailable",
      code: "store_unavailable",
    });
  });

  it("takes a file from another disk, and leaves none there", async (test) => {
    const elsewhere = await mkdtemp("/dev/shm/local-store-").catch(() => null);
    if (elsewhere === null || (await stat(elsewhere)).dev === (await stat(root)).dev) {
      process.stderr.write("SKIPPED a file from another disk: this machine has just one\n");
      return test.skip();
    }
    try {
      await writeFile(join(elsewhere, "file"), "whole");
      const before = await readdir(store.temporaryDirectory);
      await store.putFile("taken/file", join(elsewhere, "file"));
      expect(new TextDecoder().decode(await store.get("taken/file"))).toBe("whole");
      expect(await readdir(elsewhere)).toEqual([]);
      expect(await readdir(store.temporaryDirectory)).toEqual(before);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("makes a folder for data again where it was removed", async () => {
    await store.put("moved/a", text("a"));
    await rm(join(root, "lake", "moved"), { recursive: true });
    await store.put("moved/b", text("b"));
    expect(new TextDecoder().decode(await store.get("moved/b"))).toBe("b");
    await expect(store.move("moved/a", "moved/c")).rejects.toMatchObject({ code: "no_such_object" });
  });

  it("reaches nothing outside its directory", async () => {
    await expect(store.get("../secret")).rejects.toMatchObject({ code: "key_outside_store" });
  });

  it("passes the probe of the conditional put and leaves nothing of it", async () => {
    await probeConditionalPut(store);
    for await (const { key } of store.list("_probe/")) expect.fail(`${key} was left`);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BusinessDate } from "../domain/time";
import { ALL_FINALS } from "../indexes/finals";
import { openLocalStore } from "../lake/store/local";
import type { ObjectStore } from "../lake/store/store";
import { settingsOf } from "./settings";

let root: string;
let store: ObjectStore;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "finals-settings-test-"));
  store = await openLocalStore(join(root, "lake"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function given(text: string): Promise<string> {
  const path = join(root, "finals.yaml");
  await writeFile(path, text);
  return path;
}
const on = (date: string) => date as BusinessDate;
const TWO = `
shops:
  - { effective_from: 2025-01-01, set_by: a, reason: first, settings: { rate: 1, other: x }, files: { rates: reference/r.csv } }
  - { effective_from: 2025-02-01, set_by: b, reason: raised, settings: { rate: 2 } }
`;

describe("settings of a final", () => {
  it("are those in force on the business date, later ones over earlier ones", async () => {
    const path = await given(TWO);
    await store.put("reference/r.csv", Buffer.from("date,rate\n2025-01-31,1.1\n2025-02-01,1.2\n"));
    expect(await settingsOf("shops", on("2024-12-31"), { path, store })).toEqual({});
    expect(await settingsOf("shops", on("2025-01-31"), { path, store })).toMatchObject({ rate: 1, other: "x" });
    expect(await settingsOf("shops", on("2025-02-01"), { path, store })).toMatchObject({ rate: 2, other: "x" });
    expect(await settingsOf("unknown", on("2025-02-01"), { path, store })).toEqual({});
    expect(await settingsOf("shops", on("2025-02-01"), { path: null, store })).toEqual({});
  });

  it("take of a dated file what was so by the close, so that later rates change no earlier close", async () => {
    const path = await given(TWO);
    const rates = async (date: string) => (await settingsOf("shops", on(date), { path, store })).rates;
    expect(await rates("2025-01-31")).toEqual([{ date: "2025-01-31", rate: "1.1" }]);
    expect(await rates("2025-02-02")).toHaveLength(2);
    await store.delete(["reference/r.csv"]);
    expect(await rates("2025-02-02")).toEqual([]);
  });

  it.each([
    ["a key nobody knows", "shops:\n  - { effective_from: 2025-01-01, set_by: a, reason: b, setting: {} }"],
    [
      "entries out of order",
      "shops:\n  - { effective_from: 2025-02-01, set_by: a, reason: b }\n  - { effective_from: 2025-01-01, set_by: a, reason: b }",
    ],
    ["no YAML", "shops: [}"],
  ])("refuse %s with the file's name", async (_, text) => {
    const path = await given(text);
    await expect(settingsOf("shops", on("2025-03-01"), { path, store })).rejects.toMatchObject({
      code: "bad_finals_settings",
      message: expect.stringContaining(path),
    });
  });

  it("as shipped are settings every final takes", async () => {
    for (const final of ALL_FINALS) {
      const settings = await settingsOf(final.index, on("2025-03-01"), { path: "config/finals.yaml", store });
      expect(() => final.settings.parse(settings)).not.toThrow();
    }
  });
});

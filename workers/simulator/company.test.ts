import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalStore } from "../../server/lake/store/local";
import { silentLogger } from "../../server/observability/log";
import { LiveBooks, openBooks, recoverBooks } from "../../server/simulation/statements/live-books";
import { readTruth } from "../../server/simulation/truth";
import { openCompany } from "./company";
import { createLiveSimulator } from "./live";

/** A Wednesday at noon, and the days after it. */
const NOON = Date.UTC(2026, 10, 18, 12);
const DAY_MS = 86_400_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "company-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function companyIn(name: string, nowMs: number, historyDays = 2) {
  const data = join(root, name);
  const store = await openLocalStore(join(data, "lake"));
  const company = await openCompany({
    ...{ store, data, seed: "company", tps: 100, historyDays, historyEvents: 1_500, log: silentLogger },
    nowMs: () => nowMs,
    more: { customers: 20_000 },
  });
  return { data, store, company };
}

/** Runs live until the statements up to a day are out. */
async function runThrough(day: string, { data, store, company }: Awaited<ReturnType<typeof companyIn>>): Promise<void> {
  const stop = new AbortController();
  await company.begin(stop.signal);
  const looking = setInterval(() => {
    if (company.status().deliveredThrough === day) stop.abort();
  }, 50);
  const truthDirectory = join(data, "truth");
  const more = { customers: 20_000 };
  const options = {
    store,
    truthDirectory,
    tps: 100,
    seed: "company",
    log: silentLogger,
    fileEveryMs: 100,
    more,
    company,
  };
  await createLiveSimulator(options).run(stop.signal);
  clearInterval(looking);
}

async function delivered(data: string): Promise<Map<string, string>> {
  const folder = join(data, "lake", "landing", "statements");
  const found = new Map<string, string>();
  for (const account of await readdir(folder)) {
    for (const name of await readdir(join(folder, account))) {
      found.set(name, await readFile(join(folder, account, name), "latin1"));
    }
  }
  return found;
}
const datesOf = (names: Iterable<string>) =>
  [...new Set([...names].map((name) => /\d{4}-\d{2}-\d{2}/.exec(name)?.[0]))].sort();
const NEVER = new AbortController().signal;

describe("the simulated company", () => {
  it("begins with closed business days and delivers their statements, the same ones for the same seed and day", async () => {
    const [one, other] = [await companyIn("one", NOON), await companyIn("other", NOON)];
    for (const each of [one, other]) {
      await each.company.begin(NEVER);
      await each.company.deliverDue((await each.company.newRun()).books, NEVER);
    }
    const [files, same] = [await delivered(one.data), await delivered(other.data)];
    // Monday and Tuesday; a payment of Monday's first hours is of New York's Sunday.
    expect(datesOf(files.keys()).filter((date) => date !== "2026-11-15")).toEqual(["2026-11-16", "2026-11-17"]);
    expect(files).toEqual(same);
    expect([...files.keys()].some((name) => name.includes(".first."))).toBe(true);
    const truth = await readTruth(join(one.data, "truth"));
    expect(truth.lines.filter(({ kind }) => kind === "break").length).toBeGreaterThan(10);
    expect(truth.lines.filter(({ kind }) => kind === "statement").length).toBeGreaterThan(5);
  });

  it("goes on after a restart: nothing of before is written again, and each day ends with a statement that goes on", async () => {
    await runThrough("2026-11-17", await companyIn("goes-on", NOON));
    const before = await delivered(join(root, "goes-on"));
    await runThrough("2026-11-18", await companyIn("goes-on", NOON + DAY_MS));
    const after = await delivered(join(root, "goes-on"));
    for (const [name, text] of before) expect(after.get(name), name).toBe(text);
    const fresh = [...after.keys()].filter((name) => !before.has(name));
    expect(datesOf(fresh)).toEqual(["2026-11-18"]);
    const closing = (text: string | undefined) => /015,(-?\d+)/.exec(text ?? "")?.[1];
    const opening = (text: string | undefined) => /010,(-?\d+)/.exec(text ?? "")?.[1];
    expect(opening(after.get("bank-usd-2026-11-18.bai2"))).toBe(closing(after.get("bank-usd-2026-11-17.bai2")));
    const runs = (await readTruth(join(root, "goes-on", "truth"))).lines.filter(({ kind }) => kind === "run");
    expect(runs).toHaveLength(3);
  });

  it("writes no closed days where a simulator has been at work already", async () => {
    const data = join(root, "worked");
    await openBooks(join(data, "truth"), true);
    await writeFile(join(data, "truth", "truth-old.ndjson"), "");
    const { company } = await companyIn("worked", NOON);
    expect(company.status().first).toBe("2026-11-18");
  });

  it.each([
    ["before its events were put", "begun"],
    ["while its books were written", "half"],
    ["before it was crossed off", "whole"],
  ] as const)("a run killed %s leaves events and books as if it had not been", async (_, moment) => {
    const data = join(root, `killed-${moment}`);
    const directory = join(data, "books");
    await openBooks(directory, true);
    const store = await openLocalStore(join(data, "lake"));
    const books = new LiveBooks(directory, "truth.ndjson", "2026-11-18" as never);
    const tell = (reference: string) =>
      books.tell({ kind: "statement_again", file: reference, of: "a file with a name long enough to be cut" });
    tell("first");
    const first = books.seal();
    await first.begin("landing/x/1.ndjson", Buffer.from("one\n"));
    await first.end();
    tell("second");
    tell("third");
    const second = books.seal();
    await second.begin("landing/x/2.ndjson", Buffer.from("two\n"));
    const path = join(directory, "truth.ndjson");
    const whole = async () => (await readFile(path, "utf8")).trimEnd().split("\n");
    const kept = await readFile(path, "utf8");
    const [name = ""] = await readdir(join(directory, "outbox"));
    const { added } = JSON.parse(await readFile(join(directory, "outbox", name), "utf8"));
    const text: string = added["truth.ndjson"];
    if (moment !== "begun") await writeFile(path, kept + (moment === "half" ? text.slice(0, text.length / 2) : text));
    await recoverBooks(directory, store);
    await recoverBooks(directory, store);
    expect((await whole()).map((line) => JSON.parse(line).file)).toEqual(["first", "second", "third"]);
    expect(Buffer.from(await store.get("landing/x/2.ndjson")).toString()).toBe("two\n");
    expect(await readdir(join(directory, "outbox"))).toEqual([]);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { hash32, Prng } from "../../server/simulation/prng";
import { BOOK_TABLES, type Booked, book, closeBooks, type Paid, pay } from "./books";
import { recount, type Thread } from "./recount";

const THREADS = 1_500;
const CLOSE = "2026-11-30";
const DAYS = ["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"] as const;

let root: string;
let db: Db;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "recount-test-"));
  db = await openDuckDb({ memoryLimitMb: 1024, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

/** Few amounts, currencies and days, so that everything meets everything. */
function threadOf(prng: Prng, number: number): Thread {
  // No two alike: a like reference is evidence of its own.
  const reference = hash32(number, 7).toString(16).padStart(8, "0");
  const amounts = [100n, 101n, 102n, 200n, 300n, 1_000n, 100_000n] as const;
  const currency = () => (prng.chance(0.9) ? "EUR" : "USD");
  const paid: Paid[] = Array.from({ length: prng.int(4) }, (_, index) => ({
    id: `${reference}-${index}`,
    reference,
    user: `u${number}`,
    amount: prng.pick(amounts),
    currency: currency(),
    on: prng.pick(DAYS),
    hour: 1 + index,
    status: prng.pick(["SETTLED", "SETTLED", "SETTLED", "RETURNED"]),
    party: null,
  }));
  const booked: Booked[] = Array.from({ length: prng.int(4) }, (_, index) => {
    const amount = prng.pick(amounts) * (prng.chance(0.7) ? 1n : -1n);
    const key = `${reference}-l${index}`;
    return {
      key,
      reference,
      amount,
      currency: currency(),
      on: prng.pick(DAYS),
      returned: amount < 0n && prng.chance(0.5),
    };
  });
  return { reference, paid, booked };
}

describe("a reconciliation of random worlds", () => {
  it.each(["one", "two", "three", "four"])(
    "(seed %s) is what a recount thread by thread, without SQL, comes to, and loses nothing",
    async (seed) => {
      const prng = new Prng(`recount/${seed}`);
      const threads = Array.from({ length: THREADS }, (_, number) => threadOf(prng, number));
      const lake = await openLake(await openLocalStore(join(root, seed)), db, BOOK_TABLES);
      await pay(lake, ...threads.flatMap(({ paid }) => paid));
      await book(lake, ...threads.flatMap(({ booked }) => booked));
      const answers = new Map<string, string[]>();
      const sums = new Map<string, bigint>();
      for (const row of await closeBooks(lake, CLOSE)) {
        if (row.row_kind !== "item") continue;
        const reference = String(row.reference);
        const told = `${row.side} ${row.state} ${row.stage ?? row.kind} ${row.currency} ${row.amount_minor}`;
        answers.set(reference, [...(answers.get(reference) ?? []), told]);
        const key = `${row.side} ${row.currency}`;
        sums.set(key, (sums.get(key) ?? 0n) + BigInt(String(row.amount_minor)));
      }
      const differing = threads.filter((thread) => {
        const [found, expected] = [(answers.get(thread.reference) ?? []).sort(), recount(thread)];
        return found.join("\n") !== expected.join("\n");
      });
      const tell = differing
        .slice(0, 3)
        .map((thread) => ({ thread, found: answers.get(thread.reference), expected: recount(thread) }));
      expect(tell).toEqual([]);
      const expected = new Map<string, bigint>();
      for (const answer of threads.flatMap(recount)) {
        const [side = "", , , currency = "", minor = "0"] = answer.split(" ");
        expected.set(`${side} ${currency}`, (expected.get(`${side} ${currency}`) ?? 0n) + BigInt(minor));
      }
      expect(sums).toEqual(expected);
    },
  );
});

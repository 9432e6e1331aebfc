import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datesToRerun } from "../../server/batch/late";
import { dayNumber } from "../../server/domain/time";
import { RECONCILIATION_FINAL } from "../../server/indexes/reconciliation/final";
import { RECONCILIATION_DECISIONS } from "../../server/indexes/reconciliation/tables";
import { type Db, openDuckDb } from "../../server/lake/duckdb";
import { type Lake, openLake } from "../../server/lake/lake";
import { openLocalStore } from "../../server/lake/store/local";
import { Prng } from "../../server/simulation/prng";
import { add, BOOK_TABLES, book, closeBooks, pay, rowsOf, type Told } from "./books";

let root: string;
let db: Db;
let stores = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "decisions-test-"));
  db = await openDuckDb({ memoryLimitMb: 1024, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});
const freshLake = async (): Promise<Lake> =>
  openLake(await openLocalStore(join(root, `lake-${stores++}`)), db, BOOK_TABLES);

const [MON, TUE, WED, THU, FRI] = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"] as const;

interface Decision {
  readonly kind: "match" | "force_match" | "write_off" | "unmatch" | "revoke";
  readonly items: readonly string[];
  readonly on: string;
  readonly id: string;
}

let sequence = 0n;

/** Decisions as the console writes them: a row per item. */
const decide = (lake: Lake, ...decisions: readonly Decision[]): Promise<void> =>
  add(
    lake,
    RECONCILIATION_DECISIONS,
    decisions.flatMap(({ kind, items, on, id }) => {
      sequence += 1n;
      return items.map((item_key) => ({
        decision_id: id,
        sequence,
        item_key,
        business_date: dayNumber(on),
        kind,
        side: "internal",
        reason: "test",
        decided_by: "somebody",
        decided_at: 0n,
      }));
    }),
  );

const items = (rows: readonly Told[]) => rows.filter(({ row_kind }) => row_kind === "item");
/** By the reference of a payment, or the key of a line. */
const keyOf = (rows: readonly Told[], name: string): string => {
  const found = items(rows).find((row) => (row.side === "internal" ? row.reference === name : row.line_key === name));
  if (found === undefined) throw new Error(`no item ${name}`);
  return String(found.item_key);
};
const stateOf = (rows: readonly Told[], key: string) => {
  const row = items(rows).find(({ item_key }) => item_key === key);
  return row === undefined ? null : `${row.state} ${row.kind ?? row.stage ?? ""}`.trim();
};
/** Component -> minor units of one account or payout. */
const waterfall = (rows: readonly Told[], of: (row: Told) => boolean) =>
  Object.fromEntries(
    rows
      .filter((row) => row.row_kind === "waterfall" && of(row))
      .map(({ field, amount_minor }) => [field, amount_minor]),
  );

describe("a decision of a person", () => {
  it("is obeyed by a run again and by every later close, and told once", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON });
    await book(lake, { key: "x", amount: 100n, on: THU, reference: "else" });
    const before = await closeBooks(lake, THU);
    const keys = [keyOf(before, "E2E-a"), keyOf(before, "x")];
    expect(keys.map((key) => stateOf(before, key))).toEqual(["break missing_external", "break missing_internal"]);
    await decide(lake, { kind: "match", items: keys, on: THU, id: "d1" });
    expect(await datesToRerun(lake, RECONCILIATION_FINAL)).toEqual([
      { businessDate: THU, lateRows: { reconciliation_decisions: 2 } },
    ]);
    const after = await closeBooks(lake, THU);
    expect(keys.map((key) => stateOf(after, key))).toEqual(["matched 6", "matched 6"]);
    expect(items(after)[0]).toMatchObject({ match_type: "1:1", difference_minor: 0n, match_id: "d|d1" });
    expect(items(await closeBooks(lake, FRI))).toEqual([]);
    expect(await datesToRerun(lake, RECONCILIATION_FINAL)).toEqual([]);
  });

  it("counts from the close it was made for: the ones before stay as they were", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON });
    const wed = await closeBooks(lake, WED);
    await closeBooks(lake, THU);
    await decide(lake, { kind: "write_off", items: [keyOf(wed, "E2E-a")], on: THU, id: "d1" });
    expect(stateOf(await closeBooks(lake, WED, { noRailDays: 2 }), keyOf(wed, "E2E-a"))).toBe("break missing_external");
    expect(stateOf(await closeBooks(lake, THU), keyOf(wed, "E2E-a"))).toBe("matched 6");
  });

  it("taken back, gives its items to the rules again, also where a close has told the match", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON });
    const wed = await closeBooks(lake, WED);
    const key = keyOf(wed, "E2E-a");
    await decide(lake, { kind: "write_off", items: [key], on: WED, id: "d1" });
    await closeBooks(lake, WED);
    await decide(lake, { kind: "revoke", items: [key], on: THU, id: "d2" });
    expect(stateOf(await closeBooks(lake, THU), key)).toBe("break missing_external");
    await book(lake, { key: "late", amount: 100n, on: FRI, reference: "E2E-a" });
    expect(stateOf(await closeBooks(lake, FRI), key)).toBe("matched 1");
  });

  it("takes a closed match apart for good: the rules put its items together no more, a person may", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 100n, on: MON }, { id: "b", amount: 100n, on: MON });
    await book(lake, { key: "l", amount: 100n, on: TUE, reference: "E2E-a" });
    const tue = await closeBooks(lake, TUE);
    const [a, b, line] = [keyOf(tue, "E2E-a"), keyOf(tue, "E2E-b"), keyOf(tue, "l")];
    await decide(lake, { kind: "unmatch", items: [a, line], on: WED, id: "d1" });
    const wed = await closeBooks(lake, WED);
    expect([a, line].map((key) => stateOf(wed, key))).toEqual(["break missing_external", "break missing_internal"]);
    expect(items(wed).find(({ item_key }) => item_key === line)).toMatchObject({ evidence: "taken apart by a person" });
    await decide(lake, { kind: "match", items: [b, line], on: THU, id: "d2" });
    const thu = await closeBooks(lake, THU);
    expect([a, b, line].map((key) => stateOf(thu, key))).toEqual(["break missing_external", "matched 6", "matched 6"]);
  });
});

describe("waterfalls", () => {
  it("of an account show what was written off and what was forced as components of their own", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "a", amount: 1_000n, on: THU }, { id: "b", amount: 500n, on: THU });
    await book(
      lake,
      { key: "a", amount: 1_030n, on: FRI, reference: "E2E-a" },
      { key: "b", amount: 450n, on: FRI, reference: "E2E-b" },
      { key: "odd", amount: 7n, on: FRI, reference: "odd" },
    );
    const before = await closeBooks(lake, FRI);
    expect(waterfall(before, ({ account }) => account === "bank-EUR")).toEqual({ residual: 1_487n, bank: -1_487n });
    await decide(
      lake,
      { kind: "force_match", items: [keyOf(before, "E2E-a"), keyOf(before, "a")], on: FRI, id: "d1" },
      { kind: "write_off", items: [keyOf(before, "E2E-b"), keyOf(before, "b")], on: FRI, id: "d2" },
      { kind: "write_off", items: [keyOf(before, "odd")], on: FRI, id: "d3" },
    );
    const after = await closeBooks(lake, FRI);
    expect(waterfall(after, ({ account }) => account === "bank-EUR")).toEqual({
      payments: 1_500n,
      forced: 30n,
      written_off: -43n,
      bank: -1_487n,
    });
  });

  it("of a payout that never came show it as written off", async () => {
    const lake = await freshLake();
    await pay(lake, { id: "c", type: "CARD", amount: 1_000n, on: TUE, reference: "PSP-c" });
    await book(lake, {
      ...{ key: "c", format: "stripe", account: "acct", batch: "po_1", code: "charge", on: TUE },
      ...{ amount: 970n, gross: 1_000n, fee: 30n, reference: "PSP-c" },
    });
    const before = await closeBooks(lake, FRI);
    const payout = items(before).find(({ role }) => role === "payout");
    expect(payout).toMatchObject({ state: "break", kind: "missing_external" });
    await decide(lake, { kind: "write_off", items: [String(payout?.item_key)], on: FRI, id: "d1" });
    const after = await closeBooks(lake, FRI);
    expect(waterfall(after, ({ payout_key }) => payout_key === payout?.payout_key)).toEqual({
      gross: 1_000n,
      fees: -30n,
      written_off: -970n,
      bank: 0n,
    });
  });
});

/** Whatever people decide, in any order: the run's own controls hold (it would not commit), and what it tells adds up. */
describe.each(["one", "two", "three", "four"])("random decisions, seed %s", (seed) => {
  it("leave every item in one state and every waterfall at zero, and a run again tells the same", async () => {
    const random = new Prng(`decisions-${seed}`);
    const lake = await freshLake();
    await randomBooks(lake, random);
    let rows = await closeBooks(lake, THU);
    const standing = new Map<string, readonly string[]>();
    for (let turn = 0; turn < 12; turn++) {
      const decision = randomDecision(rows, random, standing, `${seed}-${turn}`);
      if (decision !== null) await decide(lake, decision);
      if (turn % 4 === 3) rows = await closeBooks(lake, THU);
    }
    for (const date of [THU, FRI]) {
      rows = await closeBooks(lake, date);
      const sums = new Map<string, bigint>();
      for (const row of rows.filter(({ row_kind }) => row_kind === "waterfall")) {
        const name = `${row.payout_key ?? row.account}/${row.currency}`;
        sums.set(name, (sums.get(name) ?? 0n) + BigInt(String(row.amount_minor)));
      }
      expect([...sums].filter(([, sum]) => sum !== 0n)).toEqual([]);
      const keys = items(rows).map(({ item_key }) => item_key);
      expect(new Set(keys).size).toBe(keys.length);
    }
    await closeBooks(lake, FRI);
    expect(await rowsOf(lake, FRI)).toEqual(rows);
  }, 60_000);
});

async function randomBooks(lake: Lake, random: Prng): Promise<void> {
  const names = Array.from({ length: 14 }, (_, place) => `r${place}`);
  const amounts = new Map(names.map((name) => [name, BigInt(100 + Math.floor(random.float() * 20) * 50)]));
  const days = [MON, TUE, WED, THU] as const;
  const day = () => days[Math.floor(random.float() * days.length)] ?? MON;
  await pay(lake, ...names.slice(0, 11).map((id) => ({ id, amount: amounts.get(id) ?? 1n, on: day() })));
  await book(
    lake,
    ...names.slice(3).map((id) => ({
      key: id,
      amount: (amounts.get(id) ?? 1n) + (random.float() < 0.4 ? 13n : 0n),
      on: day(),
      reference: random.float() < 0.8 ? `E2E-${id}` : `other-${id}`,
    })),
    ...["c1", "c2", "c3"].map((id) => ({
      ...{ key: id, format: "stripe", account: "acct", batch: id === "c3" ? "po_2" : "po_1", code: "charge", on: TUE },
      ...{ amount: 480n, gross: 500n, fee: 20n, reference: `PSP-${id}` },
    })),
    { key: "paid-out", amount: 960n, on: WED, reference: "po_1" },
  );
}

/** One a person could make in the console: about open items, about a standing match, or taking one back. */
function randomDecision(
  rows: readonly Told[],
  random: Prng,
  standing: Map<string, readonly string[]>,
  id: string,
): Decision | null {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random.float() * from.length)];
  const taken = new Set([...standing.values()].flat());
  const free = items(rows).filter(({ item_key }) => !taken.has(String(item_key)));
  const on = THU;
  const dice = random.float();
  if (dice < 0.2 && standing.size > 0) {
    const [decisionId, keys] = pick([...standing]) ?? ["", []];
    standing.delete(decisionId);
    return { kind: "revoke", items: keys, on, id };
  }
  if (dice < 0.4) {
    const match = pick(
      free.filter(({ state, stage }) => state === "matched" && Number(stage) >= 1 && Number(stage) <= 5),
    );
    const members = free.filter(({ match_id }) => match !== undefined && match_id === match.match_id);
    const keys = members.map(({ item_key }) => String(item_key));
    if (keys.length === 0) return null;
    standing.set(id, keys);
    return { kind: "unmatch", items: keys, on, id };
  }
  const open = free.filter(({ state }) => state !== "matched");
  const chosen = [...new Set([pick(open), pick(open), pick(open)].slice(0, 1 + Math.floor(random.float() * 3)))];
  const keys = chosen.flatMap((row) => (row === undefined ? [] : [String(row.item_key)]));
  const mixed = chosen.some((row) => row?.role === "payout") && chosen.some((row) => row?.side === "internal");
  if (keys.length === 0 || mixed) return null;
  standing.set(id, keys);
  return { kind: random.float() < 0.5 ? "write_off" : "force_match", items: keys, on, id };
}

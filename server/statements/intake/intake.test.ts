import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDuckDb } from "../../lake/duckdb";
import { type Lake, openLake } from "../../lake/lake";
import { scanSql } from "../../lake/scan";
import { openLocalStore } from "../../lake/store/local";
import type { ObjectStore } from "../../lake/store/store";
import { ADYEN, BAI2, CAMT, camtEntry, camtFile, camtStatement, MT940, NACHA, STRIPE } from "../testing/samples";
import { finishDeliveries, INTAKE_TABLES, intakeFile, openRaw } from "./intake";

let root: string;
let db: Db;
let stores = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "intake-test-"));
  db = await openDuckDb({ memoryLimitMb: 512, threads: 2, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

const freshStore = (): Promise<ObjectStore> => openLocalStore(join(root, `lake-${stores++}`));
const open = (store: ObjectStore): Promise<Lake> => openLake(store, db, INTAKE_TABLES);
const freshLake = async (): Promise<Lake> => open(await freshStore());

const take = (lake: Lake, content: string | Uint8Array, name = "statement") =>
  intakeFile({ lake, name, source: typeof content === "string" ? Buffer.from(content) : content });

async function rows(lake: Lake, table: string, select: string, where = ""): Promise<unknown[][]> {
  const { files, spec } = await lake.table(table).refresh();
  const connection = await db.connect();
  const reader = await connection.runAndReadAll(
    `WITH rows AS (SELECT * FROM ${await scanSql(lake.store, spec, files)}) SELECT ${select} FROM rows ${where}`,
  );
  connection.closeSync();
  return reader.getRowsJson() as unknown[][];
}
const lineCount = async (lake: Lake) =>
  Number((await rows(lake, "statement_lines", "count(*) FILTER (kind = 'entry')"))[0]?.[0]);
const sum = async (lake: Lake) =>
  String(
    (await rows(lake, "statement_lines", "sum(amount_minor) FILTER (kind = 'entry' AND status = 'booked')"))[0]?.[0],
  );

const day = (closing: string, number: number, entries: readonly string[], opening = "100.00") =>
  camtFile([camtStatement({ number, opening, closing, entries })]);
const ten = camtEntry({ amount: "10.00" });

describe("taking statements in", () => {
  it.each([
    ["camt.053", CAMT, 3, 3],
    ["MT940", MT940, 4, 0],
    ["BAI2", BAI2, 3, 0],
    ["NACHA", NACHA, 3, 0],
    ["Stripe", STRIPE, 6, 0],
    ["Adyen", ADYEN, 5, 0],
  ])(
    "every booking of %s becomes one row, and each payment of a group another",
    async (_name, content, entries, details) => {
      const lake = await freshLake();
      const result = await take(lake, content);
      expect(result).toMatchObject({ outcome: "accepted", entries, entriesNew: entries, known: false, fault: null });
      const kinds = await rows(
        lake,
        "statement_lines",
        "count(*) FILTER (kind = 'entry'), count(*) FILTER (kind = 'detail')",
      );
      expect(kinds[0]?.map(Number)).toEqual([entries, details]);
    },
  );

  it("the details of a group add up to it and carry its day and account", async () => {
    const lake = await freshLake();
    await take(lake, CAMT);
    const groups = await rows(
      lake,
      "statement_lines",
      "sum(amount_minor) FILTER (kind = 'entry'), sum(amount_minor) FILTER (kind = 'detail'), count(DISTINCT account), count(DISTINCT booking_date)",
      "WHERE entry_key IN (SELECT entry_key FROM rows WHERE kind = 'detail')",
    );
    expect(groups[0]?.map(Number)).toEqual([10_000, 10_000, 1, 1]);
  });
});

describe("a delivery comes again", () => {
  it("the same bytes under another name write nothing", async () => {
    const lake = await freshLake();
    const first = await take(lake, CAMT, "monday.xml");
    const again = await take(lake, CAMT, "copy of monday.xml");
    expect(again).toEqual({ ...first, known: true });
    expect(await rows(lake, "statement_files", "name")).toEqual([["monday.xml"]]);
  });

  it("the same statements in other bytes are known and book nothing", async () => {
    const lake = await freshLake();
    await take(lake, CAMT);
    const before = [await lineCount(lake), await sum(lake)];
    const again = await take(lake, CAMT.replace("<MsgId>MSG-1</MsgId>", "<MsgId>MSG-2</MsgId>"));
    expect(again).toMatchObject({ outcome: "accepted", statementsNew: 0, entriesNew: 0 });
    expect([await lineCount(lake), await sum(lake)]).toEqual(before);
  });

  it("a month over its days, and days after their month, are booked once", async () => {
    const [a, b] = [
      camtEntry({ amount: "10.00", body: "<AcctSvcrRef>A</AcctSvcrRef>" }),
      camtEntry({ amount: "20.00", body: "<AcctSvcrRef>B</AcctSvcrRef>" }),
    ];
    const month = day("140.00", 900, [a, b, ten]);
    const days = [day("110.00", 1, [a]), day("140.00", 2, [b, ten], "110.00")];
    for (const order of [
      [...days, month],
      [month, ...days],
    ]) {
      const lake = await freshLake();
      for (const file of order) await take(lake, file);
      expect(await lineCount(lake)).toBe(3);
      expect(await sum(lake)).toBe("4000");
    }
  });

  it("two equal bookings of one day are two, in one statement and in two that follow each other", async () => {
    const one = await freshLake();
    await take(one, day("120.00", 1, [ten, ten]));
    expect(await lineCount(one)).toBe(2);
    const two = await freshLake();
    await take(two, day("110.00", 1, [ten]));
    await take(two, day("120.00", 2, [ten], "110.00"));
    await take(two, day("130.00", 3, [ten], "120.00"));
    expect([await lineCount(two), await sum(two)]).toEqual([3, "3000"]);
    expect(await rows(two, "statement_lines", "occurrence")).toHaveLength(3);
    await take(two, day("120.00", 2, [ten], "110.00").replace("MSG-1", "MSG-again"));
    expect(await lineCount(two)).toBe(3);
  });

  it("the same number with other bookings is refused and a person decides", async () => {
    const lake = await freshLake();
    await take(lake, day("110.00", 7, [ten]));
    const other = await take(lake, day("120.00", 7, [ten, ten]));
    expect(other).toMatchObject({ outcome: "refused", fault: { code: "contradicts_known_statement" } });
    expect(await lineCount(lake)).toBe(1);
  });
});

describe("a faulty file", () => {
  it("is refused whole with its difference, its bytes are kept, and a corrected one is taken", async () => {
    const lake = await freshLake();
    const wrong = day("125.00", 1, [ten, ten]);
    const refused = await take(lake, wrong, "wrong.xml");
    expect(refused).toMatchObject({
      outcome: "refused",
      entriesNew: 0,
      fault: {
        code: "closing_balance_mismatch",
        expected: expect.stringContaining("120.00"),
        found: expect.stringContaining("125.00"),
      },
    });
    expect(await lineCount(lake)).toBe(0);
    expect((await buffer(await openRaw(lake, refused.fileHash))).toString()).toBe(wrong);
    expect(await take(lake, day("120.00", 1, [ten, ten]))).toMatchObject({ outcome: "accepted", entriesNew: 2 });
  });

  it("is taken when it comes again with what was missing said of it", async () => {
    const lake = await freshLake();
    const csv = Buffer.from("konto;datum;betrag\nDE1;2026-11-20;12,50\nDE1;2026-11-20;-2,50\n");
    expect(await take(lake, csv, "export.csv")).toMatchObject({ outcome: "refused" });
    const mapping = {
      delimiter: ";",
      decimal_mark: "," as const,
      account: "konto",
      currency: { constant: "EUR" },
      booking_date: { from: "datum", format: "iso" as const },
      amount: { signed: "betrag" },
    };
    const taken = await intakeFile({ lake, name: "export.csv", source: csv, options: { mapping } });
    expect(taken).toMatchObject({ outcome: "accepted", entriesNew: 2 });
    expect(await sum(lake)).toBe("1000");
  });
});

describe("a process that dies", () => {
  it("between any two writes leaves a delivery that the next one finishes, once", async () => {
    for (let writes = 0; ; writes++) {
      const store = await freshStore();
      await take(await open(store), day("110.00", 1, [ten]));
      const dying = await open(dyingAfter(store, writes));
      const died = await take(dying, day("120.00", 2, [ten], "110.00")).then(
        () => false,
        () => true,
      );
      const lake = await open(store);
      await finishDeliveries(lake);
      expect(await take(lake, day("120.00", 2, [ten], "110.00"))).toMatchObject({ outcome: "accepted", entriesNew: 1 });
      expect([await lineCount(lake), await sum(lake)]).toEqual([2, "2000"]);
      expect(await rows(lake, "statements", "statement_key")).toHaveLength(2);
      if (!died) break;
      expect(writes).toBeLessThan(40);
    }
  });

  it("two deliveries at once are both booked, each once", async () => {
    const store = await freshStore();
    const lakes = await Promise.all([open(store), open(store), open(store)]);
    const files = [CAMT, MT940, BAI2, STRIPE, ADYEN, NACHA];
    await Promise.all(
      files.flatMap((file, index) => [
        take(lakes[index % 3] as Lake, file),
        take(lakes[(index + 1) % 3] as Lake, file),
      ]),
    );
    const alone = await freshLake();
    for (const file of files) await take(alone, file);
    const fresh = await open(store);
    expect([await lineCount(fresh), await sum(fresh)]).toEqual([await lineCount(alone), await sum(alone)]);
    expect(await rows(fresh, "statement_files", "intake")).toHaveLength(6);
  });
});

const DATA = "../shared/data/statements";
describe.skipIf(!existsSync(DATA))(
  "statement files by other hands (skipped where they are not beside the project)",
  () => {
    it("are booked with exactly the turnover their control totals state", async () => {
      const lake = await freshLake();
      for (const file of [
        "camt053/camt053.v2.multi.statement.xml",
        "mt940/asnb.txt",
        "mt940/mbank.sta",
        "bai2/sample1.txt",
      ]) {
        expect(await take(lake, readFileSync(join(DATA, file)), file)).toMatchObject({ outcome: "accepted" });
      }
      const booked = await rows(
        lake,
        "statement_lines",
        "sum(amount_minor) FILTER (kind = 'entry' AND status = 'booked')",
      );
      const stated = await rows(lake, "statements", "sum(credit_minor - debit_minor)");
      expect(booked).toEqual(stated);
    });
  },
);

/** The same store, whose process is gone after so many writes. */
function dyingAfter(store: ObjectStore, writes: number): ObjectStore {
  let left = writes;
  const MUTATIONS = new Set(["put", "putFile", "putIfAbsent", "move"]);
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (!MUTATIONS.has(String(name))) return value.bind(target);
      return (...parameters: unknown[]) => {
        if (left-- <= 0) throw new Error("the process is gone");
        return value.apply(target, parameters);
      };
    },
  });
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCardTokenizer } from "../domain/card";
import { type Db, openDuckDb } from "../lake/duckdb";
import { type Lake, openLake } from "../lake/lake";
import { scanSql } from "../lake/scan";
import { openLocalStore } from "../lake/store/local";
import { silentLogger } from "../observability/log";
import { createReferenceLoader, faultText, type ReferenceLoader } from "./loader";
import { loadStolenCardTokens } from "./stolen-cards";
import { DIM_CUSTOMERS, DIM_FEE_PLANS, DIM_MERCHANTS, DIM_PAYOUT_TERMS, DIM_STOLEN_CARDS } from "./tables";

const SPECS = [DIM_MERCHANTS, DIM_CUSTOMERS, DIM_STOLEN_CARDS, DIM_PAYOUT_TERMS, DIM_FEE_PLANS];
const CARD = "4111111111111111";
let root: string;
let db: Db;
let lakes = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "reference-test-"));
  db = await openDuckDb({ memoryLimitMb: 256, threads: 1, temporaryDirectory: join(root, "spill") });
});
afterAll(async () => {
  db.close();
  await rm(root, { recursive: true, force: true });
});

async function freshLake(): Promise<{ lake: Lake; put(name: string, text: string | Buffer): Promise<void> }> {
  const directory = join(root, `lake-${lakes++}`);
  const lake = await openLake(await openLocalStore(directory), db, SPECS);
  await mkdir(join(directory, "reference"), { recursive: true });
  return { lake, put: (name, text) => writeFile(join(directory, "reference", `${name}.csv`), text) };
}

const loaderOf = (lake: Lake, key = 1): ReferenceLoader =>
  createReferenceLoader({ lake, tokenize: createCardTokenizer(Buffer.alloc(32, key)), log: silentLogger });

const statusOf = async (loader: ReferenceLoader, name: string) => {
  const status = (await loader.check()).find((one) => one.name === name);
  if (status === undefined) throw new Error(name);
  return status;
};

async function rowsOf(lake: Lake, name: string): Promise<unknown[]> {
  const table = lake.table(name);
  const connection = await db.connect();
  const reader = await connection.runAndReadAll(
    `SELECT * FROM ${await scanSql(lake.store, table.spec, (await table.refresh()).files)} ORDER BY 1`,
  );
  connection.closeSync();
  return reader.getRowObjectsJson();
}

const MERCHANTS = `merchant_id,name,risk_level,mcc,onboarded_on,country,payout_delay_days,payout_cutoff,payout_zone,fee_plan,reserve_percent,payout_hold
M1,"Müller, Söhne",LOW,5411,2020-02-29,DE,2,17:00,Europe/Berlin,standard,2.5,false
M2,Plain,,,,,,,,,,
`;

const TERMS_HEADER =
  "merchant_id,currency,effective_from,delay_days,cutoff,zone,calendar,schedule,schedule_days,fee_plan,reserve_percent,reserve_days,minimum_minor";

describe("reference loader", () => {
  it("loads payout terms and fee plans by all cells that tell rows apart, and names terms that do not fit together", async () => {
    const { lake, put } = await freshLake();
    await put(
      "payout_terms",
      `${TERMS_HEADER}
*,*,2025-01-01,2,24:00,UTC,,business_day,,,,,
M1,EUR,2025-01-01,1,17:00,Europe/Berlin,target,week,1 5,standard,10,180,500
M1,EUR,2026-01-01,1,17:00,Europe/Berlin,target,month,1 15,standard,,,
`,
    );
    await put(
      "fee_plans",
      "fee_plan,currency,payment_type,effective_from,percent,fixed_minor\nstandard,*,*,2025-01-01,1.5,10\nstandard,EUR,CARD,2025-01-01,1.2,5\n",
    );
    const loader = loaderOf(lake);
    expect(await statusOf(loader, "payout_terms")).toMatchObject({ state: "loaded", rows: 3 });
    expect(await statusOf(loader, "fee_plans")).toMatchObject({ state: "loaded", rows: 2 });
    await put(
      "payout_terms",
      `${TERMS_HEADER}
M1,EUR,2025-01-01,2,24:00,UTC,,business_day,1,,,,
M1,EUR,2025-01-02,2,24:00,UTC,,week,8,,,,
M1,EUR,2025-01-03,2,24:00,UTC,,business_day,,,10,,
M1,EUR,2025-01-04,2,25:00,UTC,,business_day,,,,,
M2,EUR,2025-01-04,2,24:00,UTC,,business_day,,,,,
M2,EUR,2025-01-04,3,24:00,UTC,,business_day,,,,,
`,
    );
    const refused = await statusOf(loader, "payout_terms");
    expect(refused).toMatchObject({ state: "refused", faultCount: 5 });
    expect(refused.faults.map(faultText)).toEqual([
      "line 2, schedule_days: does not go with the schedule business_day",
      "line 3, schedule_days: names weekdays from 1 (Monday) to 7",
      "line 4, reserve_days: is empty; it says how long the reserve is kept",
      'line 5, cutoff: "25:00" is not a local time HH:MM or 24:00',
      "line 7, merchant_id: names the same row as line 6",
    ]);
  });

  it("loads every column with its type, and leaves missing values missing", async () => {
    const { lake, put } = await freshLake();
    await put("merchants", MERCHANTS);
    expect(await statusOf(loaderOf(lake), "merchants")).toMatchObject({ state: "loaded", rows: 2, tableVersion: 1 });
    expect(await rowsOf(lake, "dim_merchants")).toEqual([
      {
        merchant_id: "M1",
        name: "Müller, Söhne",
        risk_level: "LOW",
        mcc: "5411",
        onboarded_on: "2020-02-29",
        country: "DE",
        payout_delay_days: 2,
        payout_cutoff: "17:00",
        payout_zone: "Europe/Berlin",
        fee_plan: "standard",
        reserve_percent: 2.5,
        payout_hold: false,
      },
      expect.objectContaining({
        merchant_id: "M2",
        name: "Plain",
        mcc: null,
        reserve_percent: null,
        payout_hold: null,
      }),
    ]);
  });

  it("replaces all rows in one version, and commits nothing for content it holds, also after a restart", async () => {
    const { lake, put } = await freshLake();
    const loader = loaderOf(lake);
    await put("customers", "user_id,name\nC1,Ann\nC2,Bob\n");
    expect((await statusOf(loader, "customers")).tableVersion).toBe(1);
    await put("customers", "user_id,name\nC3,Cy\n");
    expect(await statusOf(loader, "customers")).toMatchObject({ tableVersion: 2, rows: 1 });
    await put("customers", "user_id,name\nC3,Cy\n");
    expect((await statusOf(loader, "customers")).tableVersion).toBe(2);
    expect((await statusOf(loaderOf(lake), "customers")).tableVersion).toBe(2);
    await put("customers", "user_id,name\nC1,Ann\nC2,Bob\n");
    expect(await statusOf(loaderOf(lake), "customers")).toMatchObject({ tableVersion: 3, rows: 2 });
  });

  it("keeps the last good version of a file gone bad, tells every fault, and takes the mended file", async () => {
    const { lake, put } = await freshLake();
    const loader = loaderOf(lake);
    await put("merchants", MERCHANTS);
    await loader.check();
    await put(
      "merchants",
      "merchant_id,name,risk_level,mcc,payout_zone\nM1,A,low,54,Mars\n,B,,,\nM1,C,,,\nM1,D,,,\nM5,E,,\n",
    );
    const bad = await statusOf(loader, "merchants");
    expect(bad.state).toBe("refused");
    expect(bad.faults.map(faultText)).toEqual([
      'line 2, risk_level: "low" is not one of LOW, MEDIUM, HIGH',
      'line 2, mcc: "54" is not a merchant category code of four digits',
      'line 2, payout_zone: "Mars" is not an IANA time zone',
      "line 3, merchant_id: is empty",
      "line 5, merchant_id: names the same row as line 4",
      "line 6: has 4 columns where the header has 5",
    ]);
    expect(await rowsOf(lake, "dim_merchants")).toHaveLength(2);
    await put("merchants", "merchant_id,name\nM9,Mended\n");
    expect(await statusOf(loader, "merchants")).toMatchObject({ state: "loaded", rows: 1, faults: [] });
  });

  it.each([
    ["", "is empty; it needs a header line"],
    ["user_id,nmae\n", "nmae: is not a column of customers"],
    ["name\nAnn\n", "user_id: is missing from the header"],
    ['user_id\n"C1\n', "is not CSV"],
    [Buffer.from([0x75, 0xff, 0x0a]), "is not UTF-8"],
  ])("refuses %j", async (text, expected) => {
    const { lake, put } = await freshLake();
    await put("customers", text);
    const status = await statusOf(loaderOf(lake), "customers");
    expect(status.state).toBe("refused");
    expect(status.faults.map(faultText).join("\n")).toContain(expected);
  });

  it("says that a file is absent and takes it when it comes", async () => {
    const { lake, put } = await freshLake();
    const loader = loaderOf(lake);
    expect((await statusOf(loader, "customers")).state).toBe("absent");
    await put("customers", "user_id\nC1\n");
    expect((await statusOf(loader, "customers")).state).toBe("loaded");
  });

  it("makes tokens of stolen card numbers, in table and status alike, and again when the key changes", async () => {
    const { lake, put } = await freshLake();
    const tokenize = createCardTokenizer(Buffer.alloc(32, 1));
    await put("stolen_cards", `card_number,reported_at\n4111 1111 1111 1111,2026-01-02T03:04:05Z\n`);
    await loaderOf(lake).check();
    expect(await loadStolenCardTokens(lake)).toEqual(new Map([[tokenize(CARD).token, "1111"]]));
    expect(JSON.stringify(await rowsOf(lake, "dim_stolen_cards"))).not.toContain(CARD);
    await loaderOf(lake, 2).check();
    expect([...(await loadStolenCardTokens(lake)).keys()]).toEqual([
      createCardTokenizer(Buffer.alloc(32, 2))(CARD).token,
    ]);
    await put("stolen_cards", `card_number,reported_at\n4111111111111112,\n${CARD},${CARD}\n${CARD},\n`);
    const bad = await statusOf(loaderOf(lake), "stolen_cards");
    expect(bad.faultCount).toBe(2);
    expect(JSON.stringify(bad)).not.toMatch(/4111111111111/);
  });

  it("loads once when two processes read the same file at the same time", async () => {
    const { lake, put } = await freshLake();
    const other = await openLake(lake.store, db, SPECS);
    await put("customers", "user_id\nC1\n");
    await Promise.all([loaderOf(lake).check(), loaderOf(other).check()]);
    expect((await lake.table("dim_customers").refresh()).version).toBe(1);
    expect(await rowsOf(lake, "dim_customers")).toHaveLength(1);
  });
});

import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lake } from "../../server/lake/lake";
import { silentLogger } from "../../server/observability/log";
import { openProcessLake } from "../../server/process/open-lake";
import { runSql } from "../../server/query/sql";
import { ingest } from "../../workers/cli/ingest";
import { smallSettings, temporaryDirectory, writeWorld } from "../support/world";

let directory: string;
let remove: () => Promise<void>;
let lake: Lake;
let close: () => void;
let accepted: number;

beforeAll(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
  const settings = smallSettings(directory);
  const world = await writeWorld(directory, "w", 200);
  accepted = world.accepted;
  const mappingPath = "config/mappings/concordance-transactions.yaml";
  await ingest({ source: "test", mappingPath, inputs: [world.path], lake: settings.lake }, settings, silentLogger);
  ({ lake, close } = await openProcessLake(settings, settings.lake));
});
afterAll(async () => {
  close();
  await remove();
});

async function run(sql: string): Promise<unknown> {
  let text = "";
  await runSql(lake, { sql, asOf: null, format: "json" }, (part) => {
    text += part;
  });
  return JSON.parse(text);
}

describe("a person's SQL", () => {
  it("reads every table of the lake", async () => {
    expect(await run("SELECT count(*)::INTEGER AS n FROM transactions")).toEqual([{ n: accepted }]);
    expect(await run("SELECT count(*)::INTEGER AS n FROM blacklist WHERE false")).toEqual([{ n: 0 }]);
  });

  it.each([
    ["a file of the machine", "SELECT * FROM read_csv('/etc/passwd', header = false)"],
    ["a text of the machine", "SELECT * FROM read_text('/etc/hostname')"],
    ["a file by its bare name", "SELECT * FROM '/etc/passwd.csv'"],
    ["a listing of folders", "SELECT * FROM glob('/etc/*')"],
    ["another address", "SELECT * FROM read_csv('https://example.org/x.csv')"],
    ["a write", "COPY (SELECT 1) TO '/tmp/concordance-sql-test.csv'"],
    ["another database", "ATTACH '/tmp/concordance-sql-test.db'"],
    ["an extension", "INSTALL httpfs"],
    ["a loaded extension", "LOAD httpfs"],
    ["a setting", "SET enable_external_access = true"],
    ["a pragma", "PRAGMA memory_limit = '64GB'"],
    ["two statements", "SELECT 1; SELECT 2"],
    ["a view of its own", "CREATE VIEW x AS SELECT 1"],
    ["a statement inside a function", "SELECT * FROM query('COPY (SELECT 1) TO ''/tmp/concordance-sql-test.csv''')"],
  ])("is refused %s", async (_what, sql) => {
    await expect(run(sql)).rejects.toMatchObject({ code: "bad_sql", kind: "invalid_input" });
    await expect(stat("/tmp/concordance-sql-test.csv")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does not reach a file that lies beside the tables' own", async () => {
    const beside = join(directory, "lake", "tables", "transactions", "data", "beside.csv");
    await writeFile(beside, "secret\n1\n");
    await expect(run(`SELECT * FROM read_csv('${beside}')`)).rejects.toMatchObject({ code: "bad_sql" });
    await rm(beside);
  });

  it("leaves the lake's own database open to its files", async () => {
    await run("SELECT 1 AS one");
    const connection = await lake.db.connect();
    const found = await connection.runAndReadAll("SELECT current_setting('enable_external_access')::VARCHAR");
    connection.closeSync();
    expect(found.getRowsJS()).toEqual([["true"]]);
  });
});

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDuckDb } from "./duckdb";
import { withRows } from "./row-source";
import { TableBuffer } from "./table-buffer";
import { optional, required, type TableSpec } from "./types";

const SPEC: TableSpec = {
  name: "sample",
  kind: "raw",
  description: "",
  columns: [required("id", "bigint", ""), optional("text", "string", "")],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 1, dataDays: null },
};

const filled = (rows: number) => {
  const buffer = new TableBuffer(SPEC);
  for (let index = 0; index < rows; index++) buffer.push([BigInt(index), `a text too long to be inline ${index}`]);
  return buffer;
};

async function withDb<T>(threads: number, work: (db: Awaited<ReturnType<typeof openDuckDb>>) => Promise<T>) {
  const directory = await mkdtemp(join(tmpdir(), "row-source-"));
  const db = await openDuckDb({ memoryLimitMb: 256, threads, temporaryDirectory: directory });
  try {
    return await work(db);
  } finally {
    db.close();
    await rm(directory, { recursive: true, force: true });
  }
}

describe("rows read where they are", () => {
  it.each([1, 2])(
    "do not stand in the way of other work of this thread and database: %i DuckDB threads",
    async (threads) => {
      await withDb(threads, async (db) => {
        const [reading, staging] = [await db.connect(), await db.connect()];
        const counted = (relation: string, connection = reading) =>
          connection
            .runAndReadAll(`SELECT count(*), sum(id)::BIGINT FROM ${relation}`)
            .then((read) => read.getRowsJS()[0]);
        const long = withRows(filled(200_000), (relation) => counted(relation));
        for (let round = 0; round < 5; round++) {
          await filled(5_000).stage(staging, "beside");
          expect(await counted("beside", staging)).toEqual([5_000n, 12_497_500n]);
        }
        expect(await long).toEqual([200_000n, 19_999_900_000n]);
        reading.closeSync();
        staging.closeSync();
      });
    },
  );

  it("are refused by name once they are gone, and fail the statement instead of ending it early", async () => {
    await withDb(1, async (db) => {
      const connection = await db.connect();
      const gone = await withRows(filled(1), async (relation) => relation);
      await expect(connection.run(`SELECT * FROM ${gone}`)).rejects.toThrow(/names no rows/);
      connection.closeSync();
    });
  });

  it.each(["process.exit(1)", "throw new Error('the last words')"])(
    "do not keep a process from ending that is left while they are read: %s",
    async (leave) => {
      const code = `
        import { openDuckDb } from "./server/lake/duckdb";
        import { withRows } from "./server/lake/row-source";
        import { TableBuffer } from "./server/lake/table-buffer";
        const db = await openDuckDb({ memoryLimitMb: 256, threads: 2, temporaryDirectory: ${JSON.stringify(tmpdir())} });
        const connection = await db.connect();
        const buffer = new TableBuffer(${JSON.stringify(SPEC)});
        for (let index = 0; index < 400_000; index++) buffer.push([BigInt(index), "a text"]);
        let turns = 0;
        const spin = () => { if (++turns === 20) { console.log("reading"); ${leave}; } setImmediate(spin); };
        void withRows(buffer, (relation) => connection.run("SELECT max(text) FROM " + relation)).then(() => console.log("read"));
        spin();`;
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code]);
      const said: string[] = [];
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => said.push(String(text)));
      await new Promise((resolve) => child.once("close", resolve));
      expect(said.join("")).toContain("reading");
      expect(said.join("")).not.toContain("read\n");
      if (leave.startsWith("throw")) expect(said.join("")).toContain("the last words");
    },
    120_000,
  );
});

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { registerRowSource, withRows } from "./row-source";
import { type CellValue, TableBuffer } from "./table-buffer";
import { optional, required, type TableSpec } from "./types";

const SPEC: TableSpec = {
  name: "sample",
  kind: "raw",
  description: "every column type",
  columns: [
    required("id", "bigint", "id"),
    optional("text", "string", "text"),
    optional("number", "int", "number"),
    optional("ratio", "double", "ratio"),
    optional("flag", "boolean", "flag"),
    optional("at", "timestamp", "at"),
    optional("day", "date", "day"),
    optional("raw", "binary", "raw"),
  ],
  partitionBy: [],
  key: ["id"],
  sortBy: ["id"],
  retention: { logDays: 1, dataDays: null },
};

const TEXTS = [
  "",
  "a",
  "123456789012",
  "1234567890123",
  "zwölf zeich",
  "é".repeat(6),
  "日本語テキスト",
  "nul\0in\0side",
  "nul\0in a longer text",
  null,
];

function rowAt(index: number): CellValue[] {
  const some = index % 7 !== 3;
  return [
    BigInt(index),
    TEXTS[index % TEXTS.length] ?? null,
    some ? index - 5000 : null,
    some ? index / 3 : null,
    some ? index % 2 === 0 : null,
    some ? 1_700_000_000_000_000n + BigInt(index) : null,
    some ? index - 3000 : null,
    some ? Uint8Array.of(index % 256, 0, 255) : null,
  ];
}

const filled = (rows: number) => {
  const buffer = new TableBuffer(SPEC);
  for (let index = 0; index < rows; index++) buffer.push(rowAt(index));
  return buffer;
};

async function connect() {
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
  registerRowSource(connection);
  return connection;
}

const ALL_COLUMNS = `SELECT id, text, number, ratio, flag, epoch_us("at") AS at_us,
  ("day" - DATE '1970-01-01')::INTEGER AS day_number, hex("raw") AS raw_hex FROM`;

async function read(connection: DuckDBConnection, relation: string, select = ALL_COLUMNS) {
  return (await connection.runAndReadAll(`${select} ${relation} ORDER BY id`)).getRowsJS();
}

type Way = (connection: DuckDBConnection, buffer: TableBuffer, select?: string) => ReturnType<typeof read>;

const WAYS: Readonly<Record<string, Way>> = {
  "a staged table": async (connection, buffer, select) => {
    await buffer.stage(connection, "stage_sample");
    return read(connection, "stage_sample", select);
  },
  "the rows where they are": (connection, buffer, select) =>
    withRows(buffer, (relation) => read(connection, relation, select)),
};

const expectedAt = (index: number) => {
  const [id, text, number, ratio, flag, at, day, raw] = rowAt(index);
  const hex = raw instanceof Uint8Array ? Buffer.from(raw).toString("hex").toUpperCase() : null;
  return [id, text, number, ratio, flag, at, day, hex];
};

describe.each(Object.entries(WAYS))("TableBuffer through %s", (_, rowsOf) => {
  it.each([0, 1, 63, 64, 65, 2047, 2048, 2049, 6000])(
    "gives DuckDB exactly the %i rows pushed, nulls included",
    async (rows) => {
      const got = await rowsOf(await connect(), filled(rows));
      expect(got).toHaveLength(rows);
      got.forEach((row, index) => {
        expect(row).toEqual(expectedAt(index));
      });
    },
  );

  it("gives the same rows when it is read again, as after a write that failed", async () => {
    const [connection, buffer] = [await connect(), filled(5_000)];
    const first = await rowsOf(connection, buffer);
    expect(await rowsOf(connection, buffer)).toEqual(first);
  });

  it("keeps texts of every length apart, in every column, over more than one growth of what holds them", async () => {
    const spec = {
      ...SPEC,
      columns: [optional("id", "bigint", "id"), optional("a", "string", "a"), optional("b", "string", "b")],
    };
    const text = (index: number, unit: string) => unit.repeat((index * 7) % 311).slice(0, 1_000) + index;
    const buffer = new TableBuffer(spec);
    for (let index = 0; index < 3_000; index++) {
      buffer.push([BigInt(index), text(index, "x"), index % 3 === 0 ? null : text(index, "ü€𝄞")]);
    }
    const connection = await connect();
    const got = await rowsOf(connection, buffer, "SELECT a, b FROM");
    expect(got).toHaveLength(3_000);
    got.forEach(([a, b], index) => {
      expect([a, b]).toEqual([text(index, "x"), index % 3 === 0 ? null : text(index, "ü€𝄞")]);
    });
  });
});

describe("TableBuffer", () => {
  it("refuses a null in a required column, a value of another type and a row of another width", () => {
    const buffer = new TableBuffer(SPEC);
    expect(() => buffer.push([null, "a", 1, 1, true, 1n, 1, null])).toThrow(/column id must hold a value/);
    expect(() => new TableBuffer(SPEC).push([1, "a", 1, 1, true, 1n, 1, null])).toThrow(/id does not take a number/);
    expect(() => buffer.push([1n])).toThrow(/a row has 1 values/);
  });

  it("gives its chunks to the next buffer of the table with nothing of the old rows in them", async () => {
    const first = filled(5_000);
    first.release();
    expect(first.rows).toBe(5_000);
    expect(() => first.push(rowAt(0))).toThrow(/released/);
    const second = new TableBuffer(SPEC);
    for (let index = 0; index < 2_500; index++) second.push([BigInt(index), null, null, null, null, null, null, null]);
    const got = await withRows(second, (relation) => connect().then((connection) => read(connection, relation)));
    expect(got).toHaveLength(2_500);
    expect(got.every((row) => row.slice(1).every((value) => value === null))).toBe(true);
  });
});

import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
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

async function readBack(rows: number) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const buffer = new TableBuffer(SPEC);
  for (let index = 0; index < rows; index++) buffer.push(rowAt(index));
  await buffer.stage(connection, "stage_sample");
  const reader = await connection.runAndReadAll(
    `SELECT id, text, number, ratio, flag, epoch_us("at") AS at_us, ("day" - DATE '1970-01-01')::INTEGER AS day_number, hex("raw") AS raw_hex
       FROM stage_sample ORDER BY id`,
  );
  return reader.getRowsJS();
}

const expectedAt = (index: number) => {
  const [id, text, number, ratio, flag, at, day, raw] = rowAt(index);
  const hex = raw instanceof Uint8Array ? Buffer.from(raw).toString("hex").toUpperCase() : null;
  return [id, text, number, ratio, flag, at, day, hex];
};

describe("TableBuffer", () => {
  it.each([1, 63, 64, 65, 2047, 2048, 2049, 6000])(
    "gives DuckDB exactly the %i rows pushed, nulls included",
    async (rows) => {
      const read = await readBack(rows);
      expect(read).toHaveLength(rows);
      read.forEach((row, index) => {
        expect(row).toEqual(expectedAt(index));
      });
    },
  );

  it("refuses a null in a required column", async () => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const buffer = new TableBuffer(SPEC);
    buffer.push([null, "a", 1, 1, true, 1n, 1, null]);
    await expect(buffer.stage(connection, "stage_bad")).rejects.toThrow(/column id must hold a value/);
  });
});

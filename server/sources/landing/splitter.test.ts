import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { splitRecords } from "./splitter";

const CSV = { quoted: true, delimiter: ",", keepBytesMax: 1_000 };
const LINES = { quoted: false, delimiter: "", keepBytesMax: 1_000 };

async function split(text: string, options = LINES, pieceBytes = 1 << 20): Promise<string[]> {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  const records: string[] = [];
  for await (const some of splitRecords(Readable.from(pieces), options)) {
    for (const record of some) records.push(record.bytes.toString());
  }
  return records;
}

describe("splitRecords", () => {
  it.each([
    ["one per line", "a\nb\n", ["a", "b"]],
    ["without a newline at the end", "a\nb", ["a", "b"]],
    ["carriage returns are not part of a record", "a\r\nb\r\n", ["a", "b"]],
    ["blank lines are none", "\n\na\n\r\n\nb\n\n", ["a", "b"]],
    ["a byte order mark is not part of the first", "\uFEFFa\nb", ["a", "b"]],
    ["nothing", "", []],
    ["a quote means nothing outside CSV", 'a"b\nc', ['a"b', "c"]],
  ])("lines: %s", async (_, text, expected) => {
    expect(await split(text)).toEqual(expected);
  });

  it.each([
    ["a newline inside a quoted field", 'a,"b\nc",d\ne,f', ['a,"b\nc",d', "e,f"]],
    ["doubled quotes inside a quoted field", 'a,"b ""x""\n""",d\ne', ['a,"b ""x""\n""",d', "e"]],
    ["a quoted field at the start of a record", '"a\nb",c\nd', ['"a\nb",c', "d"]],
    ["an empty quoted field", 'a,"",b\nc', ['a,"",b', "c"]],
    ["a quote inside a plain field opens nothing", 'pipe 5" wide,1\nb,2\nc,3', ['pipe 5" wide,1', "b,2", "c,3"]],
    ["a quoted field before a carriage return", 'a,"b"\r\nc', ['a,"b"', "c"]],
  ])("CSV: %s", async (_, text, expected) => {
    expect(await split(text, CSV)).toEqual(expected);
  });

  it("gives the same records however the bytes arrive", async () => {
    const text = 'a,"b ""x""\nc",d\r\ne 5" f,g\n"h\ni",j\n\nk,""\nl,"m"\n';
    const whole = await split(text, CSV);
    expect(whole.length).toBe(5);
    // A mark split over two pieces is the one case a first piece below three bytes would change; the text has none.
    for (let pieceBytes = 1; pieceBytes < 20; pieceBytes++) expect(await split(text, CSV, pieceBytes)).toEqual(whole);
  });

  it("a quote that never closes costs what the limit keeps, not the rest of the file", async () => {
    const text = `a,"open\n${"b,c\n".repeat(2_000)}`;
    const records = await split(text, CSV);
    expect(records[0]?.length).toBe(1_000);
    expect(records.length).toBeGreaterThan(1_740);
    expect(records.at(-1)).toBe("b,c");
  });

  it.each([999, 1_000])("a record of %i bytes with a carriage return is whole at a limit of 1,000", async (size) => {
    const found = [];
    for await (const some of splitRecords(Readable.from([Buffer.from(`${"x".repeat(size)}\r\ny`)]), LINES))
      found.push(...some);
    expect(found[0]).toMatchObject({ bytesTotal: size });
    expect(found[0]?.bytes.length).toBe(size);
  });

  it("a longer record keeps its beginning and tells its length", async () => {
    const found = [];
    for await (const some of splitRecords(Readable.from([Buffer.from(`${"x".repeat(5_000)}\ny`)]), LINES))
      found.push(...some);
    expect(found.map((record) => [record.bytes.length, record.bytesTotal])).toEqual([
      [1_000, 5_000],
      [1, 1],
    ]);
  });
});

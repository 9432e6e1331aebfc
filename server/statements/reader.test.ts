import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { STATEMENT_FAULT_CODES } from "./faults";
import type { AcceptedFile, FileFacts } from "./model";
import { judgeStatements, readStatements } from "./reader";
import { readFileOf, verdict } from "./testing/read";
import { ADYEN, BAI2, CAMT, MT940, NACHA, STRIPE } from "./testing/samples";

const SAMPLES = { CAMT, MT940, BAI2, NACHA, STRIPE, ADYEN };
const each = Object.entries(SAMPLES);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("reading statement files", () => {
  it.each(each)(
    "reads %s the same however its bytes arrive",
    async (_name, text) => {
      const whole = await readFileOf(text);
      for (const size of [1, 7, 94, 1_000]) expect(await readFileOf(text, {}, size)).toEqual(whole);
    },
    120_000,
  );

  it.each(each)("knows %s by its bytes, accepted or refused, under any name", async (_name, text) => {
    const accepted = await judgeStatements([Buffer.from(text)], { name: "a" });
    const broken = `${text.slice(0, 200)}\u0000${text.slice(200)}`;
    const refused = await judgeStatements([Buffer.from(broken)], { name: "b", bytesMax: 300 });
    expect(accepted.ok && accepted.file.fileHash).toBe(sha256(text));
    expect(refused.ok ? null : [refused.fileHash, refused.bytes]).toEqual([sha256(broken), Buffer.byteLength(broken)]);
  });

  it("gives no verdict before the last byte", async () => {
    const reading = readStatements([Buffer.from(MT940)], { name: "a" });
    expect(() => reading.outcome()).toThrow(/before it was read to its end/);
    for await (const item of reading) if (item.kind === "entry") break;
    expect(() => reading.outcome()).toThrow(/before it was read to its end/);
  });

  it("lets go of its source when the reading is given up", async () => {
    let closed = false;
    async function* source() {
      try {
        for (;;) yield Buffer.from(MT940);
      } finally {
        closed = true;
      }
    }
    for await (const _item of readStatements(source(), { name: "a" })) break;
    expect(closed).toBe(true);
  });

  it("lets a failing source of bytes fail: that is no fault of the file", async () => {
    async function* failing() {
      yield Buffer.from(MT940.slice(0, 300));
      throw new Error("connection lost");
    }
    await expect(judgeStatements(failing(), { name: "a" })).rejects.toThrow("connection lost");
  });

  it.each([
    ["empty_file", "", {}],
    ["unknown_format", "hello", {}],
    ["unknown_format", "a;b\n1;2\n", { format: "csv" as const }],
    ["file_too_large", MT940, { bytesMax: 100 }],
    ["line_too_long", `:20:${"x".repeat(70_000)}`, {}],
  ])("refuses with %s", async (code, text, options) => {
    const file = await readFileOf(text, options);
    expect(verdict(file)).toBe(code);
    if (!file.outcome.ok) expect(file.outcome.fault.remedy).toBe(STATEMENT_FAULT_CODES[file.outcome.fault.code]);
  });

  it("keeps the leave to book apart from mere facts, in the types too", async () => {
    const { outcome } = await readFileOf(BAI2);
    if (!outcome.ok) throw new Error("was refused");
    const book = (file: AcceptedFile): string => file.fileHash;
    const { ...facts }: FileFacts = outcome.file;
    // @ts-expect-error: facts anybody could have written down are no accepted file.
    expect(book(facts)).toBe(book(outcome.file));
  });

  it("tells no card number in a fault", async () => {
    const { outcome } = await readFileOf(MT940.replace("2611201120CR250,50", "4111111111111111"));
    expect(JSON.stringify(outcome)).not.toContain("4111111111111111");
  });
});

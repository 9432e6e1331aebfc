import { describe, expect, it } from "vitest";
import { markRaw } from "./mark-raw";

const marked = (raw: string, field: string | null, value: string | null) =>
  markRaw(raw, field, value).flatMap((part) => (part.marked ? part.text : []));

describe("what is at fault in a raw record", () => {
  it.each([
    ["a number", '{"amount": -12.5,"currency":"EUR"}', "amount", null, ['"amount": -12.5']],
    ["a text with a quote in it", '{"status":"MAY\\"BE","x":1}', "status", null, ['"status":"MAY\\"BE"']],
    ["an empty text", '{"user_id":"","x":1}', "user_id", null, ['"user_id":""']],
    ["the last member", '{"x":1,"status":null}', "status", null, ['"status":null']],
    ["a value under the source's own name", "7;BARTER;12", "payment_type", "BARTER", ["BARTER"]],
    ["nothing where the value is too short to tell", "7;7;12", "amount", "7", []],
    ["nothing where the field is not there", '{"x":1}', "transaction_id", null, []],
    ["nothing where no field is at fault", '{"x":1', null, null, []],
  ])("marks %s", (_, raw, field, value, expected) => expect(marked(raw, field, value)).toEqual(expected));

  it("never loses or adds a character", () => {
    const raw = '{"amount":"1,2","b":[1,2]}';
    for (const field of ["amount", "b", "c"]) {
      expect(
        markRaw(raw, field, "1,2")
          .map(({ text }) => text)
          .join(""),
      ).toBe(raw);
    }
  });
});

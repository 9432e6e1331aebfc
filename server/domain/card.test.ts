import { describe, expect, it } from "vitest";
import { createCardTokenizer, isLuhnValid, maskCardNumbers, maskCardNumbersInText } from "./card";

describe("card numbers", () => {
  it.each([
    ["4111111111111111", true],
    ["4111111111111112", false],
    ["378282246310005", true],
    ["6011111111111117", true],
  ])("checks the digit of %s", (digits, expected) => {
    expect(isLuhnValid(digits)).toBe(expected);
  });

  it.each([
    ['{"card":"4111111111111111"}', '{"card":"************1111"}'],
    ["4111 1111 1111 1111", "**** **** **** 1111"],
    ["4111-1111-1111-1111;x", "****-****-****-1111;x"],
    ["order 4111111111111112 kept", "order 4111111111111112 kept"],
    ["4111111111111111 5 apples", "************1111 5 apples"],
    ["12-4111111111111111", "12-************1111"],
    ["short 411111111111", "short 411111111111"],
    ["00000004111111111111111", null],
  ])("masks %j", (text, expected) => {
    const masked = maskCardNumbersInText(text);
    if (expected === null) expect(masked).not.toContain("4111111111111111");
    else expect(masked).toBe(expected);
  });

  it("masks inside bytes that are not UTF-8 and leaves the others as they were", () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("378282246310005"), Buffer.from([0xc3])]);
    const masked = Buffer.from(maskCardNumbers(bytes));
    expect(masked.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]));
    expect(masked.subarray(2, 17).toString()).toBe("***********0005");
    expect(masked.at(-1)).toBe(0xc3);
  });

  it("stays linear on a megabyte of digits", () => {
    const started = performance.now();
    maskCardNumbers(Buffer.alloc(200_000, "7"));
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it("gives one token per number and key", () => {
    const [one, other] = [
      createCardTokenizer(Buffer.from("a".repeat(32))),
      createCardTokenizer(Buffer.from("b".repeat(32))),
    ];
    expect(one("4111111111111111")).toEqual(one("4111111111111111"));
    expect(one("4111111111111111").last4).toBe("1111");
    expect(one("4111111111111111").token).not.toBe(other("4111111111111111").token);
  });
});

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KeyTable } from "./key-table";

const wordsOf = (text: string): [number, number, number, number] => {
  const digest = createHash("md5").update(text).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)];
};

describe("KeyTable", () => {
  it("agrees with a Map over 50,000 claims, growth included", () => {
    const table = new KeyTable();
    const model = new Map<string, string>();
    for (let index = 0; index < 50_000; index++) {
      const key = `event-${(index * 7919) % 30_011}`;
      const partition = index % 3;
      const owner = `${partition}/${index}`;
      const verdict = table.claim(...wordsOf(key), partition, index);
      expect(verdict).toBe(model.has(key) ? "duplicate" : "new");
      if (!model.has(key)) model.set(key, owner);
    }
    expect(table.size).toBe(model.size);
  });

  it("recognises the record that owns a key as itself, and another at the same position elsewhere as a duplicate", () => {
    const table = new KeyTable();
    expect(table.claim(...wordsOf("e1"), 4, 0)).toBe("new");
    expect(table.claim(...wordsOf("e1"), 4, 0)).toBe("own");
    expect(table.claim(...wordsOf("e1"), 5, 0)).toBe("duplicate");
    expect(table.claim(...wordsOf("e1"), 4, 1)).toBe("duplicate");
  });
});

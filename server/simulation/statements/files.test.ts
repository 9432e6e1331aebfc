import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePieces } from "./files";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "statement-files-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function* pieces(count: number, failAt: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) {
    if (index === failAt) throw new Error("no more");
    yield `${String(index).padStart(99)}\n`;
  }
}

describe("writing a file piece by piece", () => {
  it("keeps every piece in its order, however many writes they take", async () => {
    await writePieces(root, "whole", pieces(10_000, -1));
    const lines = (await readFile(join(root, "whole"), "utf8")).split("\n").slice(0, -1);
    expect(lines.map(Number)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  });

  it("leaves nothing behind when a piece could not be made", async () => {
    const before = await readdir(root);
    await expect(writePieces(root, "broken", pieces(10_000, 9_000))).rejects.toThrow("no more");
    expect(await readdir(root)).toEqual(before);
  });
});

import { copyFile, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

const CHUNK_CHARS = 256 * 1024;

/** Writes a file piece by piece; it carries its name only when it is whole. */
export async function writePieces(directory: string, name: string, pieces: AsyncIterable<string>): Promise<void> {
  const path = join(directory, name);
  const file = await open(`${path}.part`, "w");
  try {
    let waiting: string[] = [];
    let chars = 0;
    for await (const piece of pieces) {
      waiting.push(piece);
      chars += piece.length;
      if (chars < CHUNK_CHARS) continue;
      await file.writeFile(waiting.join(""));
      waiting = [];
      chars = 0;
    }
    await file.writeFile(waiting.join(""));
    await file.close();
  } catch (error) {
    await file.close();
    await rm(`${path}.part`, { force: true });
    throw error;
  }
  await rename(`${path}.part`, path);
}

export const copyWithin = (directory: string, from: string, to: string): Promise<void> =>
  copyFile(join(directory, from), join(directory, to));

export async function* one(text: string): AsyncGenerator<string> {
  yield text;
}

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { TruthLine } from "./truth";

/** Appends to a truth file. Lines are kept in memory until `flush`. */
export interface TruthWriter {
  add(line: TruthLine): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export async function openTruthWriter(path: string): Promise<TruthWriter> {
  await mkdir(dirname(path), { recursive: true });
  const file: FileHandle = await open(path, "w");
  let lines: string[] = [];
  const flush = async () => {
    if (lines.length === 0) return;
    const text = lines.join("");
    lines = [];
    await file.writeFile(text);
  };
  return {
    add: (line) => {
      lines.push(`${JSON.stringify(line)}\n`);
    },
    flush,
    close: async () => {
      await flush();
      await file.close();
    },
  };
}

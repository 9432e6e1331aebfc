import { type FileHandle, mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConcordanceError } from "../../domain/errors";
import { encodeLines, type SimulationSink } from "./sink";

/**
 * A plain folder: transactions.ndjson, signals.ndjson and reference/*.csv. Files carry their name only when they are
 * finished. Throws code `output_unwritable`.
 */
export async function openDirectorySink(directory: string): Promise<SimulationSink> {
  const names = ["transactions.ndjson", "signals.ndjson"] as const;
  const path = (name: string) => join(directory, name);
  const part = (name: string) => `${path(name)}.part`;
  const [transactions, signals] = await guarded(directory, async () => {
    await mkdir(join(directory, "reference"), { recursive: true });
    return Promise.all([open(part(names[0]), "w"), open(part(names[1]), "w")]);
  });
  return {
    reference: (files) =>
      guarded(directory, async () => {
        for (const [name, text] of Object.entries(files)) {
          await writeFile(path(`reference/${name}.csv.part`), text);
          await rename(path(`reference/${name}.csv.part`), path(`reference/${name}.csv`));
        }
      }),
    write: (first, second) =>
      guarded(directory, async () => {
        await append(transactions, first.values);
        await append(signals, second.values);
      }),
    close: (complete) =>
      guarded(directory, async () => {
        await Promise.all([transactions.close(), signals.close()]);
        if (!complete) return;
        for (const name of names) await rename(part(name), path(name));
      }),
  };
}

async function append(file: FileHandle, values: readonly (string | Uint8Array)[]): Promise<void> {
  for (const chunk of encodeLines(values)) await file.writeFile(chunk);
}

async function guarded<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ConcordanceError({
      kind: "unavailable",
      code: "output_unwritable",
      message: `Could not write to ${directory}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: "Check the folder's permissions and its disk's free space, then run again.",
      at: { directory },
      cause,
    });
  }
}

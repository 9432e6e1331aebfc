import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SimulationOptions } from "./options";
import { runSimulation } from "./run";
import { openDirectorySink } from "./sinks/directory";
import { openStatementWriter } from "./statements/writer";
import { readTruth } from "./truth";
import { openTruthWriter } from "./truth-writer";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "variations-test-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const OPTIONS: Partial<SimulationOptions> = { seed: "skewed", events: 12_000, days: 2 };

async function simulate(name: string, options: Partial<SimulationOptions>, statements: boolean): Promise<string> {
  const directory = join(root, name);
  await runSimulation({
    options,
    sink: () => openDirectorySink(directory),
    truth: () => openTruthWriter(join(directory, "truth.ndjson")),
    ...(statements
      ? {
          statements: (resolved, truth) =>
            openStatementWriter({ directory: join(directory, "statements"), options: resolved, tell: truth.add }),
        }
      : {}),
    signal: new AbortController().signal,
  });
  return directory;
}

const linesOf = async (directory: string): Promise<string[]> =>
  (await readFile(join(directory, "transactions.ndjson"), "utf8")).split("\n").slice(0, -1);

const shareOfFirst = (lines: readonly string[]): number =>
  lines.filter((line) => line.includes('"merchant_id":"M00000"')).length / lines.length;

describe("a skewed world", () => {
  it("gives the first merchant its share of all records, and no less without being asked", async () => {
    const skewed = await linesOf(await simulate("skewed", { ...OPTIONS, skew: 0.4 }, false));
    expect(skewed).toHaveLength(12_000);
    expect(shareOfFirst(skewed)).toBeGreaterThan(0.38);
    expect(shareOfFirst(skewed)).toBeLessThan(0.42);
    expect(shareOfFirst(await linesOf(await simulate("even", OPTIONS, false)))).toBeLessThan(0.15);
  });

  it("refuses a share no world can hold", async () => {
    await expect(simulate("greedy", { ...OPTIONS, skew: 0.9 }, false)).rejects.toMatchObject({
      code: "bad_simulation",
    });
  });
});

describe("twins", () => {
  it("are planted only where statements are written: else not a byte of the events changes", async () => {
    const plain = await linesOf(await simulate("plain", OPTIONS, false));
    const unbroken = await linesOf(await simulate("unbroken", { ...OPTIONS, breakRate: 0 }, true));
    expect(unbroken).toEqual(plain);
  });

  it("share a reference where they are one payment twice, and else everything but the reference", async () => {
    const directory = await simulate("twins", { ...OPTIONS, breakRate: 0.1 }, true);
    const { lines } = await readTruth(directory);
    const events = new Map<string, { reference: string; minor: number; user: string }>();
    for (const line of await linesOf(directory)) {
      const event = parsed(line);
      if (event !== null) events.set(event.id, event);
    }
    const pairs = lines.flatMap((line) =>
      line.kind === "break" && (line.name === "duplicate_internal" || line.name === "ambiguous") ? [line] : [],
    );
    expect(new Set(pairs.map(({ name }) => name)).size).toBe(2);
    for (const { name, transaction, other } of pairs) {
      const [one, two] = [events.get(transaction ?? ""), events.get(other ?? "")];
      expect([one?.minor, one?.user]).toEqual([two?.minor, two?.user]);
      expect(one?.reference === two?.reference).toBe(name === "duplicate_internal");
    }
  });
});

interface EventText {
  readonly transaction_id?: unknown;
  readonly amount_minor?: unknown;
  readonly user_id?: unknown;
  readonly end_to_end_id?: unknown;
  readonly psp_reference?: unknown;
}

function parsed(line: string) {
  try {
    const event: EventText = JSON.parse(line);
    const reference = String(event.end_to_end_id ?? event.psp_reference);
    return {
      id: String(event.transaction_id),
      reference,
      minor: Number(event.amount_minor),
      user: String(event.user_id),
    };
  } catch {
    return null;
  }
}

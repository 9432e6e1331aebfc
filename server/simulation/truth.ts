import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ConcordanceError } from "../domain/errors";
import type { MoneyTruth } from "./statements/truth-of-money";

export type Role = "originator" | "beneficiary";

/** What a stream holds, by what must become of each record. */
export interface StreamBalance {
  readonly in: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly late: number;
  /** Records to be quarantined, by code. */
  readonly quarantined: Readonly<Record<string, number>>;
  /** Sums of the accepted records' amounts in minor units, by currency, as decimal text. */
  readonly acceptedMinor: Readonly<Record<string, string>>;
}

/** One line of a truth file: what was planted, counted from what was really emitted. */
export type TruthLine =
  | MoneyTruth
  | { readonly kind: "run"; readonly run: string; readonly seed: string; readonly options: object }
  | {
      readonly kind: "velocity" | "acceleration";
      readonly party: string;
      readonly role: Role;
      readonly day: string;
      /** The count that must fire: the first one over the threshold. */
      readonly count: number;
      readonly previous: number | null;
      readonly transaction: string;
      readonly at: string;
    }
  | {
      readonly kind: "repeated_declines";
      readonly entity: "user" | "card";
      /** The user, or the card's last four digits. */
      readonly id: string;
      /** The declines in the window, the one that fires last. */
      readonly transactions: readonly string[];
      readonly at: string;
    }
  | { readonly kind: "stolen_card"; readonly transaction: string; readonly last4: string }
  | {
      readonly kind: "fraud_score";
      readonly signal: string;
      readonly transaction: string;
      readonly severity: "HIGH" | "MEDIUM";
    }
  /** A payment of a party blacklisted long enough ago that it must be denied. */
  | { readonly kind: "blacklisted_party"; readonly transaction: string }
  /** Planted to stay silent: just under a threshold. */
  | { readonly kind: "near_miss"; readonly rule: string; readonly party: string }
  /** Cumulative; the last one of a run holds. */
  | {
      readonly kind: "balance";
      readonly at: string;
      readonly transactions: StreamBalance;
      readonly signals: StreamBalance;
    };

export interface Truth {
  readonly lines: readonly TruthLine[];
  /** The last balance of every run, added up; null where no run has written one yet. */
  readonly transactions: StreamBalance | null;
  readonly signals: StreamBalance | null;
}

/** Reads a truth file, or every `truth*.ndjson` of a folder. Throws code `no_truth`, `bad_truth`. */
export async function readTruth(path: string): Promise<Truth> {
  const files = await truthFiles(path);
  const lines: TruthLine[] = [];
  let transactions: StreamBalance | null = null;
  let signals: StreamBalance | null = null;
  for (const file of files) {
    let last: Extract<TruthLine, { kind: "balance" }> | null = null;
    let number = 0;
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (text === "") continue;
      const line = parseLine(text, file, number);
      if (line.kind === "balance") last = line;
      else lines.push(line);
    }
    if (last === null) continue;
    transactions = addBalances(transactions, last.transactions);
    signals = addBalances(signals, last.signals);
  }
  return { lines, transactions, signals };
}

async function truthFiles(path: string): Promise<string[]> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isFile()) return [path];
  const names = facts === null ? [] : (await readdir(path)).filter((name) => /^truth.*\.ndjson$/.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "no_truth",
    message: `${path} holds no truth file (truth*.ndjson).`,
    remedy: "Name the folder that the simulator wrote, or its truth file.",
    at: { path },
  });
}

function parseLine(text: string, file: string, number: number): TruthLine {
  try {
    const line: TruthLine = JSON.parse(text);
    if (typeof line.kind === "string") return line;
  } catch {
    // Told below, with the line.
  }
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_truth",
    message: `${file}, line ${number} is not a line of a truth file.`,
    remedy: "Use the file as the simulator wrote it; a run that is still writing may leave its last line unfinished.",
    at: { file, line: number },
  });
}

export function addBalances(a: StreamBalance | null, b: StreamBalance): StreamBalance {
  if (a === null) return b;
  const quarantined: Record<string, number> = { ...a.quarantined };
  for (const [code, count] of Object.entries(b.quarantined)) quarantined[code] = (quarantined[code] ?? 0) + count;
  const acceptedMinor: Record<string, string> = { ...a.acceptedMinor };
  for (const [currency, minor] of Object.entries(b.acceptedMinor)) {
    acceptedMinor[currency] = (BigInt(acceptedMinor[currency] ?? "0") + BigInt(minor)).toString();
  }
  return {
    in: a.in + b.in,
    accepted: a.accepted + b.accepted,
    duplicates: a.duplicates + b.duplicates,
    late: a.late + b.late,
    quarantined,
    acceptedMinor,
  };
}

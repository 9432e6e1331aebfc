import { mkdir, open, readdir, readFile, rename, rm, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addDays } from "../../domain/calendar/business-days";
import type { BusinessDate } from "../../domain/time";
import type { ObjectStore } from "../../lake/store/store";
import type { Journal, Sealed } from "../sinks/lake";
import { accountOf, type PspName } from "./accounts";
import type { Ledger } from "./ledger";
import { type AchReturn, type BankLine, decodeLine, encodeLine, type PspLine } from "./lines";
import type { Book } from "./movement";
import { achFile, bankFile, pspFile } from "./names";
import type { Spool } from "./spool";
import type { MoneyTruth } from "./truth-of-money";

/** A line of a book before it is on a statement. */
type Kept =
  | { readonly of: "bank"; readonly currency: string; readonly batched: boolean; readonly line: string }
  | { readonly of: "psp"; readonly psp: PspName; readonly currency: string; readonly line: string }
  | { readonly of: "ach"; readonly line: string };

/** What is written in one go: texts to be added to the end of files of the books. */
interface Chunk {
  readonly key: string;
  readonly file: string;
  readonly added: Readonly<Record<string, string>>;
}

/**
 * The books of a company that goes on for days: what its banks and processors will say of each day, on disk, over any number
 * of runs. What a run adds is written with the file of events it belongs to: a run that is killed leaves both or neither.
 */
export class LiveBooks implements Book, Journal {
  private waiting = new Map<string, string[]>();
  /** Statements up to the day before this one are out. */
  private openFrom: BusinessDate;
  private sealed = 0;
  private ended = 0;

  constructor(
    private readonly directory: string,
    private readonly truthFile: string,
    openFrom: BusinessDate,
  ) {
    this.openFrom = openFrom;
  }

  /**
   * Closes the days before one: what is booked for them from now on is on the next statement. Resolves when everything that
   * was booked for them before is on disk, or the signal is aborted.
   */
  async advance(openFrom: BusinessDate, signal: AbortSignal): Promise<void> {
    this.openFrom = openFrom;
    const wanted = this.sealed + (this.waiting.size > 0 ? 1 : 0);
    while (this.ended < wanted && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }

  tell = (line: MoneyTruth): void => {
    const dated = (line.kind === "break" || line.kind === "near_break") && line.date !== undefined;
    this.add(this.truthFile, JSON.stringify(dated ? { ...line, date: this.later(line.date) } : line));
  };

  bank(currency: string, date: BusinessDate, line: BankLine, batched: boolean): string {
    const open = this.later(date);
    this.keep(open, { of: "bank", currency, batched, line: encodeLine(line) });
    return bankFile(accountOf(currency), open);
  }

  psp(psp: PspName, currency: string, date: BusinessDate, line: PspLine): string {
    const open = this.later(date);
    this.keep(open, { of: "psp", psp, currency, line: encodeLine(line) });
    return pspFile(psp, open);
  }

  ach(date: BusinessDate, entry: AchReturn): string {
    const open = this.later(date);
    this.keep(open, { of: "ach", line: encodeLine(entry) });
    return achFile(open);
  }

  /** Takes what waits, for the file of events that is made now. */
  seal(): Sealed {
    const added = this.take();
    this.sealed++;
    const { directory } = this;
    let pending: string | null = null;
    return {
      begin: async (key, file) => {
        const chunk: Chunk = { key, file: file.toString("base64"), added };
        pending = join(directory, "outbox", `${key.replaceAll("/", "_")}.json`);
        await writeFile(`${pending}.part`, JSON.stringify(chunk));
        await rename(`${pending}.part`, pending);
      },
      end: async () => {
        for (const [name, text] of Object.entries(added)) await append(join(directory, name), text);
        if (pending !== null) await unlink(pending);
        this.ended++;
      },
    };
  }

  /** Writes what waits without any file: for runs that are done again from the beginning when they are broken off. */
  async flush(): Promise<void> {
    for (const [name, text] of Object.entries(this.take())) await append(join(this.directory, name), text);
  }

  private take(): Record<string, string> {
    const added: Record<string, string> = {};
    for (const [name, lines] of this.waiting) added[name] = `${lines.join("\n")}\n`;
    this.waiting = new Map();
    return added;
  }

  private later(date: BusinessDate): BusinessDate {
    return date < this.openFrom ? this.openFrom : date;
  }

  private keep(date: BusinessDate, kept: Kept): void {
    this.add(linesFile(date), JSON.stringify(kept));
  }

  private add(name: string, line: string): void {
    const lines = this.waiting.get(name);
    if (lines === undefined) this.waiting.set(name, [line]);
    else lines.push(line);
  }
}

const LOOK_EVERY_MS = 50;

const linesFile = (date: BusinessDate): string => join("lines", `${date}.ndjson`);

/** Makes the folders of the books; `anew` throws away what is there. */
export async function openBooks(directory: string, anew: boolean): Promise<void> {
  if (anew) await rm(directory, { recursive: true, force: true });
  for (const name of ["outbox", "lines", "truth"]) await mkdir(join(directory, name), { recursive: true });
}

/** Finishes what a killed run had begun: its file of events is put, and what goes with it is in the books, once. */
export async function recoverBooks(directory: string, store: ObjectStore): Promise<void> {
  const outbox = join(directory, "outbox");
  for (const name of (await readdir(outbox)).sort()) {
    const path = join(outbox, name);
    if (name.endsWith(".part")) {
      await unlink(path);
      continue;
    }
    const { key, file, added }: Chunk = JSON.parse(await readFile(path, "utf8"));
    // Where it has been read and removed already, its content is recognised.
    if ((await store.head(key)) === null) await store.put(key, Buffer.from(file, "base64"));
    for (const [target, text] of Object.entries(added)) await appendOnce(join(directory, target), text);
    await unlink(path);
  }
}

/** Replays the lines of one day into a ledger. Answers how many there are. */
export async function readDay(directory: string, date: BusinessDate, ledger: Ledger, spool: Spool): Promise<number> {
  const path = join(directory, linesFile(date));
  if ((await stat(path).catch(() => null)) === null) return 0;
  let lines = 0;
  const file = await open(path);
  try {
    for await (const text of file.readLines()) {
      const kept: Kept = JSON.parse(text);
      lines++;
      if (kept.of === "bank") ledger.bank(kept.currency, date, decodeLine<BankLine>(kept.line), kept.batched);
      else if (kept.of === "psp") ledger.psp(kept.psp, kept.currency, date, decodeLine<PspLine>(kept.line));
      else ledger.ach(date, decodeLine<AchReturn>(kept.line));
      await spool.relieve();
    }
  } finally {
    await file.close();
  }
  await spool.flush(0);
  return lines;
}

export const forgetDay = (directory: string, date: BusinessDate): Promise<void> =>
  rm(join(directory, linesFile(date)), { force: true });

/** The days there are lines of, up to `until`, and the days between them. */
export async function daysUpTo(directory: string, until: BusinessDate): Promise<BusinessDate[]> {
  const names = (await readdir(join(directory, "lines"))).sort();
  const first = names[0]?.slice(0, 10) as BusinessDate | undefined;
  const days: BusinessDate[] = [];
  for (let day = first; day !== undefined && day <= until; day = addDays(day, 1)) days.push(day);
  return days;
}

async function append(path: string, text: string): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** Adds what is missing of a text that may be there in part or whole: it can only have been the last one. */
async function appendOnce(path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const size = (await stat(path).catch(() => null))?.size ?? 0;
  const file = await open(path, "a+");
  try {
    const tail = Buffer.alloc(Math.min(size, bytes.byteLength));
    await file.read(tail, 0, tail.byteLength, size - tail.byteLength);
    if (tail.equals(bytes)) return;
  } finally {
    await file.close();
  }
  await truncate(path, await wholeLines(path, size, bytes));
  await append(path, text);
}

/** The size of a file without the part of `bytes` it ends with. */
async function wholeLines(path: string, size: number, bytes: Buffer): Promise<number> {
  const file = await open(path, "r");
  try {
    const tail = Buffer.alloc(Math.min(size, bytes.byteLength));
    await file.read(tail, 0, tail.byteLength, size - tail.byteLength);
    for (let length = tail.byteLength; length > 0; length--) {
      if (tail.subarray(tail.byteLength - length).equals(bytes.subarray(0, length))) return size - length;
    }
    return size;
  } finally {
    await file.close();
  }
}

import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BusinessDate } from "../../domain/time";
import type { ObjectStore } from "../../lake/store/store";
import { DueDates } from "./due-dates";
import { Ledger } from "./ledger";
import { readDay } from "./live-books";
import { Numbers } from "./movement";
import { Publisher, type PublisherState } from "./publish";
import { Spool } from "./spool";
import { Tally } from "./tally";
import type { MoneyTruth } from "./truth-of-money";

/** Nothing is in flight for good: every day comes. */
export const ALWAYS = "9999-12-31" as BusinessDate;

export interface DayRequest {
  /** Where the books are (`LiveBooks`). */
  readonly directory: string;
  readonly date: BusinessDate;
  readonly store: ObjectStore;
  readonly truthDirectory: string;
  /** What the statements of the day before ended with; null for the first. */
  readonly from: PublisherState | null;
}

/**
 * Delivers the statements of one day into `landing/statements/ACCOUNT/` of the lake, and tells their truth. Done again after
 * a crash it makes the same files. Answers what the next day's statements go on from.
 */
export async function deliverDay(request: DayRequest): Promise<PublisherState | null> {
  const { directory, date, store, truthDirectory, from } = request;
  const work = join(directory, "delivering");
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const spool = new Spool(join(directory, "spool"));
  await spool.open();
  const ledger = new Ledger(spool);
  const lines = await readDay(directory, date, ledger, spool);
  if (lines === 0) return from;
  const truth: string[] = [];
  const tell = (line: MoneyTruth) => truth.push(`${JSON.stringify(line)}\n`);
  const publisher = new Publisher({
    ...{ directory: work, run: RUN, dates: new DueDates(), until: ALWAYS, ledger, tell },
    numbers: new Numbers(RUN, `P${date.slice(2).replaceAll("-", "")}X`),
    tally: new Tally(tell),
    ...(from === null ? {} : { from }),
  });
  await publisher.all(() => spool.flush(0));
  await spool.remove();
  const truthPath = join(truthDirectory, `truth-statements-${date}.ndjson`);
  await mkdir(truthDirectory, { recursive: true });
  await writeFile(`${truthPath}.part`, truth.join(""));
  await rename(`${truthPath}.part`, truthPath);
  for (const name of (await readdir(work)).sort()) {
    await store.putFile(`landing/statements/${accountIn(name)}/${name}`, join(work, name));
  }
  await rm(work, { recursive: true, force: true });
  return publisher.state();
}

/** Begins the ids of payouts. */
const RUN = "demo";

/** "bank-eur-2026-11-20.first.camt053.xml" is of bank-eur. */
const accountIn = (file: string): string => /^(.+?)-\d{4}-/.exec(file)?.[1] ?? "other";

import type { BusinessDate } from "../../domain/time";
import { accountOf, type PspName } from "./accounts";
import {
  type AchReturn,
  type BankLine,
  type BatchTotals,
  decodeLine,
  encodeLine,
  type LineTotals,
  type PspLine,
} from "./lines";
import type { Book } from "./movement";
import { achFile, bankFile, pspFile } from "./names";
import type { Spool } from "./spool";

interface Sums {
  credits: number;
  creditMinor: bigint;
  debits: number;
  debitMinor: bigint;
}

export interface PspSums {
  rows: number;
  grossMinor: bigint;
  refundsMinor: bigint;
  chargebacksMinor: bigint;
  feesMinor: bigint;
}

/** What is to be written: the lines on disk, their sums per statement in memory. */
export class Ledger implements Book {
  private readonly banks = new Map<string, Sums>();
  private readonly batches = new Map<string, { count: number; amountMinor: bigint }>();
  private readonly processors = new Map<string, PspSums>();
  private readonly returns = new Map<BusinessDate, { count: number; amountMinor: bigint }>();
  private readonly datesOf = new Map<string, Set<BusinessDate>>();

  constructor(private readonly spool: Spool) {}

  bank(currency: string, date: BusinessDate, line: BankLine, batched: boolean): string {
    const key = `bank/${currency}/${date}`;
    this.noteDate(`bank/${currency}`, date);
    if (batched) {
      const batch = entryOf(this.batches, key, () => ({ count: 0, amountMinor: 0n }));
      batch.count++;
      batch.amountMinor += line.signedMinor;
      this.spool.add(`${key}/batch`, encodeLine(line));
    } else {
      add(entryOf(this.banks, key, noSums), line.signedMinor);
      this.spool.add(key, encodeLine(line));
    }
    return bankFile(accountOf(currency), date);
  }

  psp(psp: PspName, currency: string, date: BusinessDate, line: PspLine): string {
    const key = `${psp}/${currency}/${date}`;
    this.noteDate(psp, date);
    const sums = entryOf(this.processors, key, noPspSums);
    sums.rows++;
    sums.feesMinor += line.feeMinor;
    if (line.category === "charge") sums.grossMinor += line.grossMinor;
    else if (line.category === "refund") sums.refundsMinor -= line.grossMinor;
    else sums.chargebacksMinor -= line.grossMinor;
    this.spool.add(key, encodeLine(line));
    return pspFile(psp, date);
  }

  ach(date: BusinessDate, entry: AchReturn): string {
    this.noteDate("ach", date);
    const sums = entryOf(this.returns, date, () => ({ count: 0, amountMinor: 0n }));
    sums.count++;
    sums.amountMinor += entry.amountMinor;
    this.spool.add(`ach/${date}`, encodeLine(entry));
    return achFile(date);
  }

  /** The days there is something to tell of, in order. */
  dates(name: string): BusinessDate[] {
    return [...(this.datesOf.get(name) ?? [])].sort();
  }

  bankTotals(
    currency: string,
    date: BusinessDate,
  ): { readonly totals: LineTotals; readonly batch: BatchTotals | null } {
    const key = `bank/${currency}/${date}`;
    const totals = { ...(this.banks.get(key) ?? noSums()) };
    const batch = this.batches.get(key);
    if (batch === undefined) return { totals, batch: null };
    add(totals, batch.amountMinor);
    return { totals, batch: { ...batch, id: `BATCH${currency}${date.replaceAll("-", "")}` } };
  }

  pspTotals(psp: PspName, currency: string, date: BusinessDate): PspSums | null {
    return this.processors.get(`${psp}/${currency}/${date}`) ?? null;
  }

  achTotals(date: BusinessDate): { readonly count: number; readonly amountMinor: bigint } {
    return this.returns.get(date) ?? { count: 0, amountMinor: 0n };
  }

  bankLines = (currency: string, date: BusinessDate) => this.lines<BankLine>(`bank/${currency}/${date}`);
  batchLines = (currency: string, date: BusinessDate) => this.lines<BankLine>(`bank/${currency}/${date}/batch`);
  pspLines = (psp: PspName, currency: string, date: BusinessDate) => this.lines<PspLine>(`${psp}/${currency}/${date}`);
  achLines = (date: BusinessDate) => this.lines<AchReturn>(`ach/${date}`);

  private async *lines<T extends BankLine | PspLine | AchReturn>(key: string): AsyncGenerator<T> {
    for await (const text of this.spool.read(key)) yield decodeLine<T>(text);
  }

  private noteDate(name: string, date: BusinessDate): void {
    entryOf(this.datesOf, name, () => new Set<BusinessDate>()).add(date);
  }
}

const noSums = (): Sums => ({ credits: 0, creditMinor: 0n, debits: 0, debitMinor: 0n });
const noPspSums = (): PspSums => ({
  rows: 0,
  grossMinor: 0n,
  refundsMinor: 0n,
  chargebacksMinor: 0n,
  feesMinor: 0n,
});

function add(sums: Sums, signedMinor: bigint): void {
  if (signedMinor < 0n) {
    sums.debits++;
    sums.debitMinor -= signedMinor;
  } else {
    sums.credits++;
    sums.creditMinor += signedMinor;
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

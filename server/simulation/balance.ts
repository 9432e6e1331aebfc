import type { StreamBalance } from "./truth";

/** PRODUCT.md section 1: the watermark is two hours. */
const WATERMARK_MS = 2 * 3_600_000;
/** Sums stay exact in a double below 2^53; they move to a bigint long before. */
const CARRY_AT = 2 ** 50;

/** Counts what was emitted on one stream, in order of emission. */
export class BalanceCount {
  private records = 0;
  private accepted = 0;
  private duplicates = 0;
  private late = 0;
  private newestMs = Number.NEGATIVE_INFINITY;
  private readonly quarantined = new Map<string, number>();
  private readonly sums = new Map<string, { small: number; carried: bigint }>();

  /** An event that must be accepted. */
  accept(eventMs: number, currency: string | null, minor: number): void {
    this.records++;
    this.accepted++;
    if (eventMs > this.newestMs) this.newestMs = eventMs;
    else if (eventMs < this.newestMs - WATERMARK_MS) this.late++;
    if (currency === null) return;
    let sum = this.sums.get(currency);
    if (sum === undefined) {
      sum = { small: 0, carried: 0n };
      this.sums.set(currency, sum);
    }
    sum.small += minor;
    if (sum.small < CARRY_AT) return;
    sum.carried += BigInt(sum.small);
    sum.small = 0;
  }

  duplicate(): void {
    this.records++;
    this.duplicates++;
  }

  malformed(code: string): void {
    this.records++;
    this.quarantined.set(code, (this.quarantined.get(code) ?? 0) + 1);
  }

  balance(): StreamBalance {
    const sums = [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      in: this.records,
      accepted: this.accepted,
      duplicates: this.duplicates,
      late: this.late,
      quarantined: Object.fromEntries([...this.quarantined].sort(([a], [b]) => (a < b ? -1 : 1))),
      acceptedMinor: Object.fromEntries(
        sums.map(([currency, { small, carried }]) => [currency, (carried + BigInt(small)).toString()]),
      ),
    };
  }
}

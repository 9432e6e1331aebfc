/** PRODUCT.md section 1: the watermark is two hours. */
export const WATERMARK_MICROS = 2n * 3_600_000_000n;

/**
 * The newest event time seen per mark name (Kafka partition, landing source). Lateness is decided record by record in
 * order of arrival, so it does not depend on where batches end.
 */
export class Watermarks {
  private readonly newest = new Map<string, bigint>();

  has(appId: string): boolean {
    return this.newest.has(appId);
  }

  set(appId: string, micros: bigint | null): void {
    if (micros === null) this.newest.delete(appId);
    else this.newest.set(appId, micros);
  }

  get(appId: string): bigint | null {
    return this.newest.get(appId) ?? null;
  }

  /** True where the event is later than the watermark allows; otherwise the watermark may move forward. */
  observe(appId: string, eventMicros: bigint): boolean {
    const newest = this.newest.get(appId);
    if (newest === undefined || eventMicros > newest) {
      this.newest.set(appId, eventMicros);
      return false;
    }
    return eventMicros < newest - WATERMARK_MICROS;
  }

  clear(): void {
    this.newest.clear();
  }
}

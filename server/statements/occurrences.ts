const WORDS = 4;
const LOAD_FACTOR = 0.6;
const INITIAL_CAPACITY = 1024;

/**
 * Counts how often a 128-bit digest has been seen. An open-addressing table outside the heap, 20 bytes a slot, so that
 * half a million different bookings take about 20 MB.
 */
export class OccurrenceTable {
  private capacity = INITIAL_CAPACITY;
  private words = new Uint32Array(INITIAL_CAPACITY * WORDS);
  private counts = new Uint32Array(INITIAL_CAPACITY);
  private used = 0;

  /** 1 the first time a digest is given, 2 the second... `salt` keeps counts apart that must not be added up. */
  next(digest: Buffer, salt: number): number {
    if (this.used >= this.capacity * LOAD_FACTOR) this.grow();
    const key: [number, number, number, number] = [
      digest.readUInt32LE(0),
      digest.readUInt32LE(4),
      digest.readUInt32LE(8),
      (digest.readUInt32LE(12) ^ Math.imul(salt, 0x9e3779b1)) >>> 0,
    ];
    const slot = this.find(...key);
    const count = (this.counts[slot] ?? 0) + 1;
    if (count === 1) {
      this.words.set(key, slot * WORDS);
      this.used++;
    }
    this.counts[slot] = count;
    return count;
  }

  private find(k0: number, k1: number, k2: number, k3: number): number {
    const { words, counts } = this;
    const mask = this.capacity - 1;
    let slot = (k0 ^ k3) & mask;
    while (counts[slot] !== 0) {
      const at = slot * WORDS;
      if (words[at] === k0 && words[at + 1] === k1 && words[at + 2] === k2 && words[at + 3] === k3) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    const { words, counts, capacity } = this;
    this.capacity = capacity * 2;
    this.words = new Uint32Array(this.capacity * WORDS);
    this.counts = new Uint32Array(this.capacity);
    for (let slot = 0; slot < capacity; slot++) {
      const count = counts[slot] ?? 0;
      if (count === 0) continue;
      const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = words.subarray(slot * WORDS, slot * WORDS + WORDS);
      const target = this.find(k0, k1, k2, k3);
      this.words.set([k0, k1, k2, k3], target * WORDS);
      this.counts[target] = count;
    }
  }
}

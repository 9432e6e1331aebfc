/** Uint32 words of a 128-bit key, then the 32-bit hash of its owner's partition. */
const WORDS = 5;
const LOAD_FACTOR = 0.6;
const INITIAL_CAPACITY = 1024;

export type KeyVerdict = "new" | "own" | "duplicate";

/**
 * An open-addressing hash set of 128-bit keys, each with the coordinates of the record that owns it.
 * Takes 28 bytes a slot; the owner makes a re-read of the same record recognisable as itself.
 */
export class KeyTable {
  private capacity = INITIAL_CAPACITY;
  private words = new Uint32Array(INITIAL_CAPACITY * WORDS);
  private positions = new Float64Array(INITIAL_CAPACITY).fill(-1);
  private used = 0;

  get size(): number {
    return this.used;
  }

  get bytes(): number {
    return this.words.byteLength + this.positions.byteLength;
  }

  /** Claims the key for (partition, position) unless it is taken; says whose it is. */
  claim(k0: number, k1: number, k2: number, k3: number, partitionHash: number, position: number): KeyVerdict {
    if (this.used >= this.capacity * LOAD_FACTOR) this.grow();
    const slot = this.find(k0, k1, k2, k3);
    if (this.positions[slot] !== -1) {
      const own = this.positions[slot] === position && this.words[slot * WORDS + 4] === partitionHash;
      return own ? "own" : "duplicate";
    }
    this.write(slot, k0, k1, k2, k3, partitionHash, position);
    this.used++;
    return "new";
  }

  private find(k0: number, k1: number, k2: number, k3: number): number {
    const mask = this.capacity - 1;
    let slot = (k0 ^ k2) & mask;
    while (this.positions[slot] !== -1) {
      const at = slot * WORDS;
      const words = this.words;
      if (words[at] === k0 && words[at + 1] === k1 && words[at + 2] === k2 && words[at + 3] === k3) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private write(slot: number, k0: number, k1: number, k2: number, k3: number, partition: number, position: number) {
    const at = slot * WORDS;
    this.words[at] = k0;
    this.words[at + 1] = k1;
    this.words[at + 2] = k2;
    this.words[at + 3] = k3;
    this.words[at + 4] = partition;
    this.positions[slot] = position;
  }

  private grow(): void {
    const { words, positions, capacity } = this;
    this.capacity = capacity * 2;
    this.words = new Uint32Array(this.capacity * WORDS);
    this.positions = new Float64Array(this.capacity).fill(-1);
    for (let slot = 0; slot < capacity; slot++) {
      const position = positions[slot] ?? -1;
      if (position === -1) continue;
      const at = slot * WORDS;
      const [k0 = 0, k1 = 0, k2 = 0, k3 = 0, partition = 0] = words.subarray(at, at + WORDS);
      this.write(this.find(k0, k1, k2, k3), k0, k1, k2, k3, partition, position);
    }
  }
}

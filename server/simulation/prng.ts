const UNIT = 2 ** 32;

/** Mixes numbers into 32 unsigned bits (the finaliser of MurmurHash3): the same numbers always give the same bits. */
export function hash32(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** 32 bits that stand for a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash32(hash, text.length);
}

/** xoshiro128** 1.1 (Blackman and Vigna): small, fast, the same on every machine. Not for secrets. */
export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spareNormal: number | null = null;

  constructor(seed: string) {
    const base = hashText(seed);
    this.a = hash32(base, 1);
    this.b = hash32(base, 2);
    this.c = hash32(base, 3);
    this.d = hash32(base, 4) | 1;
  }

  /** 32 random bits, unsigned. */
  next(): number {
    const scaled = Math.imul(this.b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** In [0, 1). */
  float(): number {
    return this.next() / UNIT;
  }

  /** A whole number in [0, below). */
  int(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** A number in [from, until). */
  between(from: number, until: number): number {
    return from + this.float() * (until - from);
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.int(items.length)] ?? items[0];
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    const spare = this.spareNormal;
    this.spareNormal = null;
    if (spare !== null) return spare;
    for (;;) {
      const x = this.float() * 2 - 1;
      const y = this.float() * 2 - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * factor;
      return x * factor;
    }
  }
}

import { hash32 } from "../prng";

/** Chooses which movements go wrong, and how: a share of them, the rarest kind first, so that few are enough for all. */
export class Picker<Kind extends string> {
  private readonly counts = new Map<Kind, number>();
  private asked = 0;

  constructor(
    private readonly seed: number,
    private readonly rate: number,
    private readonly kinds: readonly Kind[],
  ) {}

  /** Null for most, and where no kind fits. `fits` says whether a kind can be planted here. */
  pick(fits: (kind: Kind) => boolean): Kind | null {
    this.asked++;
    if (hash32(this.seed, this.asked) >= this.rate * 2 ** 32) return null;
    let found: Kind | null = null;
    for (const kind of this.kinds) {
      if (fits(kind) && (found === null || this.countOf(kind) < this.countOf(found))) found = kind;
    }
    if (found !== null) this.counts.set(found, this.countOf(found) + 1);
    return found;
  }

  /** 32 bits that go with the newest question. */
  random(salt: number): number {
    return hash32(this.seed, this.asked, salt);
  }

  private countOf(kind: Kind): number {
    return this.counts.get(kind) ?? 0;
  }
}

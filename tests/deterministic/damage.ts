import type { Bucket } from "./bucket";
import type { Random } from "./random";

/** An object that is gone or cut off, and how to put it back. */
export interface Damage {
  readonly key: string;
  readonly says: string;
  /** Puts the object back where nobody has replaced it since; says what is wrong with what stands there now. */
  restore(): string | null;
}

const COMMIT = /_delta_log\/(\d{20})\.json$/;

/** Damages one object of the lake, of any kind; null where there is none to be damaged. */
export function damageOne(bucket: Bucket, random: Random): Damage | null {
  const kinds = [/_last_checkpoint$/, /\.checkpoint\.parquet$/, COMMIT, /\/data\//];
  const candidates = bucket.keys("", "").filter((key) => random.pick(kinds).test(key));
  if (candidates.length === 0) return null;
  const key = random.pick(candidates);
  const whole = bucket.get(key);
  const text = COMMIT.test(key) ? new TextDecoder().decode(whole) : null;
  // That the newest commit is gone cannot be seen: nothing points to it. A commit cut between two lines is whole lines.
  const gone = random.chance(0.5) && !(text !== null && isNewest(bucket, key));
  if (gone) {
    bucket.takeAway(key);
    return { key, says: `${key} is gone`, restore: () => restoreGone(bucket, key, whole, text !== null) };
  }
  let length = random.below(whole.byteLength);
  while (length > 0 && text !== null && /(^|\n)$|\}$/.test(text.slice(0, length))) length--;
  bucket.putBack(key, whole.slice(0, length));
  const restore = () => {
    const now = bucket.objects.get(key)?.bytes;
    if (now !== undefined && now.byteLength === length) bucket.putBack(key, whole);
    else if (text !== null && now !== undefined) return `${key} was cut off, and then written over`;
    return null;
  };
  return { key, says: `${key} is cut off after ${length} of ${whole.byteLength} bytes`, restore };
}

function restoreGone(bucket: Bucket, key: string, whole: Uint8Array, commit: boolean): string | null {
  if (!bucket.objects.has(key)) bucket.putBack(key, whole);
  else if (commit) return `${key} was gone, and another commit was written in its place`;
  return null;
}

function isNewest(bucket: Bucket, key: string): boolean {
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  return bucket.keys(folder, key).every((other) => !COMMIT.test(other));
}

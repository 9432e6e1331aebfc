import { Readable } from "node:stream";
import { ConcordanceError } from "../../server/domain/errors";
import type { ObjectInfo, ObjectStore } from "../../server/lake/store/store";
import type { Bucket } from "./bucket";
import type { Actor, Scheduler } from "./scheduler";

/** How often what goes wrong, as fractions of the requests. */
export interface Faults {
  /** The request never arrives. */
  lostRequest: number;
  /** It takes effect and the sender is told that it failed. */
  lostAnswer: number;
  /** A client that tries again by itself meets its own object: 412 for a success. */
  ownConflict: number;
  /** 409: another conditional write of the key is under way; the client looks and tries again. */
  busyKey: number;
  /** An answer arrives long after the effect. */
  lateAnswer: number;
  /** A listing leaves out what was written lately. */
  staleList: number;
}

export const NO_FAULTS: Faults = {
  lostRequest: 0,
  lostAnswer: 0,
  ownConflict: 0,
  busyKey: 0,
  lateAnswer: 0,
  staleList: 0,
};

const STALE_MS = 400;
const PAGE_KEYS = 25;

/** Ways in which a store may break its promise, one at a time, to see that the suite notices. */
export interface StoreMutants {
  /** Creation looks first and writes then. */
  readonly creationNotAtomic?: boolean;
}

/** The bucket as one process sees it: every request waits for its turn, and any may go wrong. */
export function openFaultyStore(
  bucket: Bucket,
  scheduler: Scheduler,
  actor: Actor,
  faults: Faults,
  mutants: StoreMutants = {},
): ObjectStore {
  const { random } = scheduler;
  /** One request: it goes out, takes effect at some moment, and is answered at another. */
  const request = async <T>(label: string, effect: () => T, writes: boolean): Promise<T> => {
    if (random.chance(faults.lostRequest)) {
      await scheduler.perform(actor, `${label} lost`, () => undefined);
      throw noAnswer(label);
    }
    let took: { readonly value: T } | { readonly error: unknown } | null = null;
    await scheduler.perform(
      actor,
      label,
      () => {
        try {
          took = { value: effect() };
        } catch (error) {
          took = { error };
        }
      },
      writes,
    );
    if (writes || random.chance(faults.lateAnswer))
      await scheduler.perform(actor, `${label} answered`, () => undefined);
    if (random.chance(writes ? faults.lostAnswer : 0)) throw noAnswer(label);
    return outcomeOf(took);
  };
  const create = async (key: string, bytes: Uint8Array): Promise<"created" | "exists"> => {
    const write = (): "created" | "exists" => {
      if (bucket.objects.has(key)) return "exists";
      bucket.put(key, bytes);
      return "created";
    };
    if (mutants.creationNotAtomic === true) {
      if (await request(`look ${key}`, () => bucket.objects.has(key), false)) return "exists";
      await request(`put ${key}`, () => bucket.put(key, bytes), true);
      return "created";
    }
    while (random.chance(faults.busyKey)) {
      if (await request(`head ${key} after 409`, () => bucket.objects.has(key), false)) return "exists";
    }
    const outcome = await request(`create ${key}`, write, true);
    return random.chance(faults.ownConflict) ? "exists" : outcome;
  };
  return {
    address: bucket.directory,
    temporaryDirectory: bucket.temporaryDirectory,
    get: (key) => request(`get ${key}`, () => bucket.get(key), false),
    head: (key) => request(`head ${key}`, () => bucket.info(key), false),
    openRead: async (key) => Readable.from([Buffer.from(await request(`read ${key}`, () => bucket.get(key), false))]),
    list: (prefix, startAfter = "") => pages(prefix, startAfter),
    putIfAbsent: create,
    put: (key, bytes) => request(`put ${key}`, () => bucket.put(key, bytes), true),
    putFile: (key, path) => request(`put ${key}`, () => bucket.putFile(key, path), true),
    // In S3 it is two requests.
    move: async (from, to) => {
      await request(`copy ${from}`, () => bucket.put(to, bucket.get(from)), true);
      await request(`delete ${from}`, () => bucket.delete(from), true);
    },
    delete: async (keys) => {
      for (const key of keys) await request(`delete ${key}`, () => bucket.delete(key), true);
    },
    localPath: async (key) => bucket.pathOf(key),
  };

  async function* pages(prefix: string, startAfter: string): AsyncIterable<ObjectInfo> {
    const seenUntilMs = random.chance(faults.staleList) ? scheduler.nowMs - STALE_MS : Number.POSITIVE_INFINITY;
    for (let after = startAfter; ; ) {
      const page = await request(`list ${prefix}`, () => bucket.keys(prefix, after).slice(0, PAGE_KEYS), false);
      for (const key of page) {
        const info = bucket.info(key);
        if (info !== null && info.modifiedAtMs <= seenUntilMs) yield info;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_KEYS) return;
      after = last;
    }
  }
}

function outcomeOf<T>(took: { readonly value: T } | { readonly error: unknown } | null): T {
  if (took === null) throw new Error("a request without effect was answered");
  if ("error" in took) throw took.error;
  return took.value;
}

const noAnswer = (label: string): ConcordanceError =>
  new ConcordanceError({
    kind: "unavailable",
    code: "store_unavailable",
    message: `No answer to ${label}.`,
    remedy: "It is tried again.",
  });

import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import { openLocalStore } from "./local";
import { openS3Store, type S3StoreOptions } from "./s3";
import type { ObjectStore } from "./store";

/** Opens a directory or an s3:// address, and refuses a store that would let two writers create one object (invariant 3). */
export async function openStore(address: string, s3: S3StoreOptions): Promise<ObjectStore> {
  const store = address.startsWith("s3://") ? await openS3Store(address, s3) : await openLocalStore(address);
  await probeConditionalPut(store);
  return store;
}

/** A second conditional put of one key must be refused, else commits could overwrite each other. */
export async function probeConditionalPut(store: ObjectStore): Promise<void> {
  const key = `_probe/${newId()}`;
  const bytes = new TextEncoder().encode("probe");
  const first = await store.putIfAbsent(key, bytes);
  const second = await store.putIfAbsent(key, bytes);
  await store.delete([key]);
  if (first !== "created" || second !== "exists") {
    throw new ConcordanceError({
      kind: "config",
      code: "store_ignores_conditional_put",
      message: `${store.address} ignores If-None-Match: a second conditional put of one key was "${second}".`,
      remedy: "Use a store that honours conditional puts (Amazon S3 does); with this one commits could be lost.",
    });
  }
}

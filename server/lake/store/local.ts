import { createReadStream } from "node:fs";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { ConcordanceError } from "../../domain/errors";
import { newId } from "../../domain/ids";
import type { ObjectInfo, ObjectStore } from "./store";

const TEMPORARY = ".tmp";

/** A lake in a directory. Creation is a hard link of a finished, synced file, which either happens whole or not at all. */
export async function openLocalStore(directory: string): Promise<ObjectStore> {
  const root = resolve(directory);
  await guarded(root, () => mkdir(join(root, TEMPORARY), { recursive: true }));
  return new LocalStore(root);
}

class LocalStore implements ObjectStore {
  readonly address: string;
  readonly temporaryDirectory: string;
  private readonly madeDirectories = new Set<string>();

  constructor(root: string) {
    this.address = root;
    this.temporaryDirectory = join(root, TEMPORARY);
  }

  get(key: string): Promise<Uint8Array> {
    return guarded(key, () => readFile(this.path(key)));
  }

  async head(key: string): Promise<ObjectInfo | null> {
    try {
      return await guarded(key, () => this.info(key));
    } catch (error) {
      if (error instanceof ConcordanceError && error.kind === "not_found") return null;
      throw error;
    }
  }

  async openRead(key: string): Promise<Readable> {
    await guarded(key, () => stat(this.path(key)));
    return createReadStream(this.path(key), { highWaterMark: 1 << 20 });
  }

  async *list(prefix: string, startAfter = ""): AsyncIterable<ObjectInfo> {
    const folder = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
    const wanted = (key: string) => key.startsWith(prefix) && key > startAfter;
    for (const key of await this.keysUnder(folder, wanted)) {
      const info = await this.head(key);
      if (info !== null) yield info;
    }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    return guarded(key, async () => {
      const temporary = await this.writeTemporary(bytes);
      try {
        await this.makeDirectory(dirname(this.path(key)));
        await link(temporary, this.path(key));
        await syncDirectory(dirname(this.path(key)));
        return "created";
      } catch (error) {
        if (codeOf(error) === "EEXIST") return "exists";
        if (NO_LINKS.has(codeOf(error) ?? "")) throw noHardLinks(this.address, error);
        // A folder that was there is gone: made anew, it would hold a log without its beginning.
        throw unavailable(key, error);
      } finally {
        await unlink(temporary).catch(() => undefined);
      }
    });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await guarded(key, async () => this.putFile(key, await this.writeTemporary(bytes)));
  }

  async putFile(key: string, localPath: string): Promise<void> {
    await guarded(key, async () => {
      const file = await open(localPath, "r+");
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
      try {
        await this.renameInto(localPath, key);
      } catch (error) {
        if (codeOf(error) !== "EXDEV") throw error;
        // The file lies on another disk: only a copy beside the lake's own files appears whole or not at all.
        await this.renameInto(await this.copyOf(localPath), key);
        await unlink(localPath);
      }
    });
  }

  async move(from: string, to: string): Promise<void> {
    await guarded(from, async () => {
      await stat(this.path(from));
      await this.renameInto(this.path(from), to);
      await syncDirectory(dirname(this.path(from)));
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await guarded(key, () => rm(this.path(key), { force: true }));
  }

  async localPath(key: string): Promise<string> {
    return this.path(key);
  }

  private path(key: string): string {
    const path = resolve(this.address, key);
    if (path !== this.address && !path.startsWith(this.address + sep)) {
      throw new ConcordanceError({
        kind: "internal",
        code: "key_outside_store",
        message: `Key ${key} leaves the store.`,
      });
    }
    return path;
  }

  private async info(key: string): Promise<ObjectInfo> {
    const facts = await stat(this.path(key), { bigint: true });
    return {
      key,
      size: Number(facts.size),
      modifiedAtMs: Number(facts.mtimeMs),
      etag: `${facts.size}-${facts.mtimeNs}`,
    };
  }

  private async keysUnder(folder: string, wanted: (key: string) => boolean): Promise<string[]> {
    const keys: string[] = [];
    const visit = async (at: string): Promise<void> => {
      const entries = await readdir(this.path(at), { withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return [];
        throw unavailable(at, error);
      });
      for (const entry of entries) {
        const key = at === "" ? entry.name : `${at}/${entry.name}`;
        if (entry.isDirectory()) {
          if (key !== TEMPORARY) await visit(key);
        } else if (wanted(key)) keys.push(key);
      }
    };
    await visit(folder);
    return keys.sort();
  }

  private async writeTemporary(bytes: Uint8Array): Promise<string> {
    const path = join(this.temporaryDirectory, newId());
    const file = await open(path, "wx");
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** A synced copy on the lake's own disk. */
  private async copyOf(localPath: string): Promise<string> {
    const path = join(this.temporaryDirectory, newId());
    try {
      await copyFile(localPath, path);
      const file = await open(path, "r+");
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    }
    return path;
  }

  private async renameInto(path: string, key: string): Promise<void> {
    const folder = dirname(this.path(key));
    await this.makeDirectory(folder);
    try {
      await rename(path, this.path(key));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      // The folder may have been removed since it was made.
      this.madeDirectories.delete(folder);
      await this.makeDirectory(folder);
      await rename(path, this.path(key));
    }
    await syncDirectory(folder);
  }

  private async makeDirectory(path: string): Promise<void> {
    if (this.madeDirectories.has(path)) return;
    const first = await mkdir(path, { recursive: true });
    // A new folder is durable once the folder it stands in is.
    for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) {
      await syncDirectory(dirname(made));
    }
    this.madeDirectories.add(path);
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

const noHardLinks = (address: string, cause: unknown): ConcordanceError =>
  new ConcordanceError({
    kind: "config",
    code: "store_without_hard_links",
    message: `The file system of ${address} has no hard links, by which a commit is created once only: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: "Put the lake on a local file system such as ext4, xfs, btrfs or APFS, or in S3.",
    at: { address },
    cause,
  });

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

async function guarded<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConcordanceError) throw error;
    if (codeOf(error) === "ENOENT") {
      throw new ConcordanceError({
        kind: "not_found",
        code: "no_such_object",
        message: `${key} does not exist.`,
        at: { key },
      });
    }
    throw unavailable(key, error);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the lake's disk; writing goes on by itself.",
  EDQUOT: "Raise the quota of the lake's disk; writing goes on by itself.",
  EACCES: "Give this user read and write permission on the lake's directory.",
  EPERM: "Give this user read and write permission on the lake's directory.",
  EROFS: "The lake's disk is read-only: mount it writable.",
};

/** What a file system that cannot be used comes to: `disk_full` or `store_unavailable`, with the cure where it is known. */
export function unavailable(key: string, cause: unknown): ConcordanceError {
  const code = codeOf(cause) ?? "unknown";
  return new ConcordanceError({
    kind: "unavailable",
    code: code === "ENOSPC" || code === "EDQUOT" ? "disk_full" : "store_unavailable",
    message: `The lake's directory could not be used for ${key}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: REMEDIES[code] ?? "Check the lake's directory; the operation is tried again.",
    at: { key, code },
    cause,
  });
}

import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { newId } from "../../domain/ids";

export interface FileCacheOptions {
  readonly directory: string;
  /** On the file system of `directory`. */
  readonly temporaryDirectory: string;
  /** Above this the files not used for longest go, bytes. */
  readonly bytesMax: number;
  /** A file used within this time stays whatever the bound: a query may be about to open it, milliseconds. */
  readonly keepMs: number;
}

/** The directory is looked through again after so many new bytes. */
const SWEEP_FRACTION = 20;
/** A file's time of use is its modification time, renewed at most this often, milliseconds. */
const TOUCH_EVERY_MS = 60_000;

/** Local copies of objects that never change. Any number of processes may share the directory. */
export class FileCache {
  private readonly fetching = new Map<string, Promise<string>>();
  private readonly touchedMs = new Map<string, number>();
  private newBytes = Number.POSITIVE_INFINITY;
  private sweeping: Promise<void> | null = null;

  constructor(private readonly options: FileCacheOptions) {}

  /** The copy's path; `fetch` writes it to the path it is given where there is none. Callers at the same time share one fetch. */
  async get(key: string, fetch: (temporary: string) => Promise<void>): Promise<string> {
    const path = this.path(key);
    if (await this.isPresent(path)) return path;
    const under = this.fetching.get(key);
    if (under !== undefined) return under;
    const work = this.fill(path, fetch).finally(() => this.fetching.delete(key));
    this.fetching.set(key, work);
    return work;
  }

  /** Makes a finished local file the copy. */
  async take(key: string, localPath: string): Promise<void> {
    const path = this.path(key);
    await mkdir(dirname(path), { recursive: true });
    await rename(localPath, path);
    await this.grown(path);
  }

  async drop(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }

  private async fill(path: string, fetch: (temporary: string) => Promise<void>): Promise<string> {
    const temporary = join(this.options.temporaryDirectory, newId());
    try {
      await fetch(temporary);
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
    await this.grown(path);
    return path;
  }

  private async isPresent(path: string): Promise<boolean> {
    const nowMs = Date.now();
    const touch = nowMs - (this.touchedMs.get(path) ?? 0) > TOUCH_EVERY_MS;
    try {
      if (touch) {
        await utimes(path, new Date(nowMs), new Date(nowMs));
        this.touchedMs.set(path, nowMs);
      } else await stat(path);
      return true;
    } catch {
      this.touchedMs.delete(path);
      return false;
    }
  }

  private async grown(path: string): Promise<void> {
    this.newBytes += (await stat(path).catch(() => null))?.size ?? 0;
    if (this.sweeping !== null || this.newBytes < this.options.bytesMax / SWEEP_FRACTION) return;
    this.newBytes = 0;
    // Beside the work: a cache too large for a while harms nobody, and what fails is tried again at the next sweep.
    this.sweeping = this.sweep()
      .catch(() => undefined)
      .finally(() => {
        this.sweeping = null;
      });
  }

  private async sweep(): Promise<void> {
    const files: { path: string; size: number; usedMs: number }[] = [];
    for (const entry of await readdir(this.options.directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const facts = await stat(path).catch(() => null);
      if (facts !== null) files.push({ path, size: facts.size, usedMs: facts.mtimeMs });
    }
    let bytes = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= this.options.bytesMax || Date.now() - file.usedMs < this.options.keepMs) return;
      await rm(file.path, { force: true });
      this.touchedMs.delete(file.path);
      bytes -= file.size;
    }
  }

  private path(key: string): string {
    return join(this.options.directory, key);
  }
}

import { ConcordanceError } from "../../domain/errors";
import type { ObjectStore } from "../../lake/store/store";
import { encodeLines, type Records, type SimulationSink } from "./sink";

export const TRANSACTIONS_SOURCE = "simulated-transactions";
export const SIGNALS_SOURCE = "simulated-signals";

const FILE_BYTES_MAX = 32 * 1024 * 1024;
/** Held back while the store does not answer; above it the generator waits. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
const RETRY_MS = 1_000;

export interface LakeSinkOptions {
  readonly store: ObjectStore;
  /** Begins the names of the files. */
  readonly run: string;
  /** A file is put at least this often while records come, milliseconds; null for large files only. */
  readonly fileEveryMs: number | null;
  readonly signal: AbortSignal;
  /** Told of each file of transactions, with what it must be told with. */
  readonly journal?: Journal;
}

/** What goes with the files of transactions: both are in place, or neither. */
export interface Journal {
  /** Takes what belongs to everything generated so far, for the file that is made now. */
  seal(): Sealed;
}

export interface Sealed {
  /** Before the file is put: from here on it will be there. */
  begin(key: string, file: Buffer): Promise<void>;
  /** The file is in place. */
  end(): Promise<void>;
}

/** The landing zone of a lake. The store puts whole files, and their names sort in the order they were written. */
export function createLakeSink(options: LakeSinkOptions): SimulationSink {
  const streams = [
    new LandingStream(options, TRANSACTIONS_SOURCE, options.journal ?? null),
    new LandingStream(options, SIGNALS_SOURCE, null),
  ] as const;
  return {
    reference: async (files) => {
      for (const [name, text] of Object.entries(files)) await putIfOther(options.store, `reference/${name}.csv`, text);
    },
    write: async (transactions, signals) => {
      await Promise.all([streams[0].write(transactions), streams[1].write(signals)]);
    },
    close: async () => {
      await Promise.all(streams.map((stream) => stream.close()));
    },
  };
}

/** A file that holds the same text already is left alone, so that nobody reads it again. */
async function putIfOther(store: ObjectStore, key: string, text: string): Promise<void> {
  const bytes = Buffer.from(text, "utf8");
  const known = await store.head(key);
  if (known?.size === bytes.byteLength && Buffer.from(await store.get(key)).equals(bytes)) return;
  await store.put(key, bytes);
}

class LandingStream {
  private chunks: Buffer[] = [];
  private bytes = 0;
  private waitingBytes = 0;
  private files = 0;
  private flushedAtMs = performance.now();
  private putting: Promise<void> = Promise.resolve();
  private failure: unknown = null;

  constructor(
    private readonly options: LakeSinkOptions,
    private readonly source: string,
    private readonly journal: Journal | null,
  ) {}

  async write({ values }: Records): Promise<void> {
    if (this.failure !== null) throw this.failure;
    for (const chunk of encodeLines(values)) {
      this.chunks.push(chunk);
      this.bytes += chunk.byteLength;
    }
    const { fileEveryMs } = this.options;
    const due = fileEveryMs !== null && performance.now() - this.flushedAtMs >= fileEveryMs;
    if (due || this.bytes >= FILE_BYTES_MAX) this.flush();
    if (this.waitingBytes > WAITING_BYTES_MAX) await this.putting;
  }

  async close(): Promise<void> {
    this.flush();
    await this.putting;
    if (this.failure !== null) throw this.failure;
  }

  /** Files are put one after the other, beside the generator. */
  private flush(): void {
    this.flushedAtMs = performance.now();
    if (this.bytes === 0) return;
    const file = Buffer.concat(this.chunks);
    const name = `${this.options.run}-${String(this.files++).padStart(9, "0")}.ndjson`;
    this.chunks = [];
    this.bytes = 0;
    this.waitingBytes += file.byteLength;
    const sealed = this.journal?.seal() ?? null;
    this.putting = this.putting
      .then(async () => {
        const key = `landing/${this.source}/${name}`;
        await sealed?.begin(key, file);
        await this.put(key, file);
        await sealed?.end();
      })
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.waitingBytes -= file.byteLength;
      });
  }

  private async put(key: string, file: Buffer): Promise<void> {
    for (;;) {
      try {
        await this.options.store.put(key, file);
        return;
      } catch (error) {
        const passes = error instanceof ConcordanceError && error.kind === "unavailable";
        if (!passes || this.options.signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

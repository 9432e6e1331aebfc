import { ConcordanceError } from "../../server/domain/errors";
import type { Lake } from "../../server/lake/lake";
import type { ObjectInfo } from "../../server/lake/store/store";
import type { Logger } from "../../server/observability/log";
import { pause } from "../../server/pipeline/pause";
import { storeFiles } from "../../server/sources/landing/files";
import { answerTicket, forgetAnswers, openTickets, type Ticket } from "../../server/statements/intake/inbox";
import { type IntakeResult, takeKept } from "../../server/statements/intake/intake";
import { type Delivery, type IntakeOptions, keepBytes } from "../../server/statements/intake/plan";
import type { StatementSources } from "../../server/statements/intake/sources";

/** Files dropped into `landing/statements/SOURCE/` of the lake. */
const FOLDER = "statements";
const PREFIX = `landing/${FOLDER}/`;
const TICKETS_PER_LOOK = 20;
const RETRY_MS = 1_000;
const FORGET_EVERY_MS = 3_600_000;

export interface IntakeFollowerOptions {
  readonly lake: Lake;
  /** What is said of the files of each source. */
  readonly sources: StatementSources;
  /** A larger file is not taken. */
  readonly bytesMax: number;
  /** A file is taken when it has been unchanged this long; 0 where files are only renamed in. */
  readonly settleMs: number;
  readonly pollMs: number;
  readonly log: Logger;
  /** Told when files wait where none did: who runs finals must not wait for the next heartbeat to know. */
  readonly onWaiting?: () => void;
}

export interface IntakeStatus {
  readonly accepted: number;
  readonly refused: number;
  readonly known: number;
  /** Files in the folder that are not taken yet. */
  readonly waiting: number;
  readonly fault: ConcordanceError | null;
}

/** Takes statement files in as they come: from the landing folder, and what uploads and the REST API leave. */
export interface IntakeFollower {
  run(signal: AbortSignal): Promise<void>;
  /** Takes what is there now, settled or not is told by `settleMs`; answers how many were taken. */
  look(signal: AbortSignal): Promise<number>;
  status(): IntakeStatus;
}

export function createIntakeFollower(options: IntakeFollowerOptions): IntakeFollower {
  return new Follower(options);
}

class Follower implements IntakeFollower {
  private readonly seen = new Map<string, { readonly etag: string; readonly atMs: number }>();
  /** Files that cannot be taken as they are; looked at again when they change. */
  private readonly barred = new Map<string, { readonly etag: string; readonly error: ConcordanceError }>();
  private counts = { accepted: 0, refused: 0, known: 0 };
  private waiting = 0;
  private failure: ConcordanceError | null = null;
  private forgottenMs = 0;
  private readonly files;

  constructor(private readonly options: IntakeFollowerOptions) {
    this.files = storeFiles(options.lake.store, FOLDER, "archive");
  }

  status(): IntakeStatus {
    const [barred] = this.barred.values();
    return { ...this.counts, waiting: this.waiting, fault: this.failure ?? barred?.error ?? null };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
        this.failure = null;
        await this.forget();
      } catch (error) {
        if (!(error instanceof ConcordanceError) || error.kind !== "unavailable") throw error;
        this.failure = error;
        this.options.log.warn({ err: error }, "statement files cannot be taken now; trying again");
        await pause(RETRY_MS, signal);
      }
      await pause(this.options.pollMs, signal);
    }
  }

  async look(signal: AbortSignal): Promise<number> {
    let taken = await this.takeTickets(signal);
    for (const file of await this.settled()) {
      if (signal.aborted) break;
      if (await this.takeLanded(file)) taken++;
      this.waiting--;
      // A person who uploads does not wait behind a folder full of files.
      taken += await this.takeTickets(signal);
    }
    return taken;
  }

  private async takeTickets(signal: AbortSignal): Promise<number> {
    const { lake, log } = this.options;
    const tickets = await openTickets(lake.store, TICKETS_PER_LOOK);
    let taken = 0;
    for (const ticket of tickets) {
      if (signal.aborted) break;
      const { id, name, fileHash } = ticket;
      try {
        const result = await takeKept({ lake, name, fileHash, options: ticket.options, delivery: ticket.delivery });
        await answerTicket(lake.store, id, { kind: "taken", result });
        this.tell(ticket, result);
        taken++;
      } catch (error) {
        if (!(error instanceof ConcordanceError) || error.kind === "unavailable") throw error;
        // One delivery that cannot be judged must not stand before all others.
        const { code, message, remedy } = error;
        await answerTicket(lake.store, id, { kind: "failed", fault: { code, message, remedy } });
        log.error({ err: error, ticket: id, name }, "a statement file could not be judged");
      }
    }
    return taken;
  }

  /** Whole files, in the order of their names: days come in order. */
  private async settled(): Promise<ObjectInfo[]> {
    const nowMs = Date.now();
    const listed = await this.files.list();
    const idle = this.waiting === 0;
    this.waiting = listed.length;
    if (idle && this.waiting > 0) this.options.onWaiting?.();
    const names = new Set(listed.map(({ key }) => key));
    for (const memory of [this.seen, this.barred])
      for (const key of memory.keys()) if (!names.has(key)) memory.delete(key);
    return listed.filter(({ key, etag }) => {
      const before = this.seen.get(key);
      if (before === undefined || before.etag !== etag) this.seen.set(key, { etag, atMs: nowMs });
      const since = this.seen.get(key)?.atMs ?? nowMs;
      return nowMs - since >= this.options.settleMs && this.barred.get(key)?.etag !== etag;
    });
  }

  /** False where it was not taken: gone, changed, or not to be taken as it is. */
  private async takeLanded(file: ObjectInfo): Promise<boolean> {
    const { lake, sources, bytesMax, log } = this.options;
    const path = file.key.slice(PREFIX.length);
    const name = path.split("/").at(-1) ?? path;
    const source = path.includes("/") ? (path.split("/")[0] ?? null) : null;
    const delivery: Delivery = { way: "landing", ticket: `${file.key}#${file.etag}`, source, by: null };
    const options: IntakeOptions = source === null ? {} : (sources.get(source) ?? {});
    try {
      const { fileHash } = await keepBytes(lake.store, await this.files.openRead(file.key), bytesMax);
      // Half a file that went on being written is not what was delivered.
      if ((await this.files.head(file.key))?.etag !== file.etag) return false;
      const result = await takeKept({ lake, name, fileHash, options, delivery });
      await this.files.putAside(file);
      this.tell({ name, delivery }, result);
      return true;
    } catch (error) {
      // Another intake was quicker, before or while it was opened.
      if (isGone(error)) return false;
      if (!(error instanceof ConcordanceError) || error.kind === "unavailable") throw error;
      this.barred.set(file.key, { etag: file.etag, error });
      log.error({ err: error, path: file.key }, "a statement file cannot be taken");
      return false;
    }
  }

  private tell({ name, delivery }: Pick<Ticket, "name" | "delivery">, result: IntakeResult): void {
    this.counts[result.known ? "known" : result.outcome]++;
    const { outcome, known, intake, format, statements, statementsNew, entries, entriesNew, fault } = result;
    this.options.log.info(
      {
        ...{ name, way: delivery.way, source: delivery.source, outcome, known, intake, format },
        ...{ statements, statementsNew, entries, entriesNew, fault: fault?.code ?? null },
      },
      "statement file",
    );
  }

  private async forget(): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.forgottenMs < FORGET_EVERY_MS) return;
    this.forgottenMs = nowMs;
    await forgetAnswers(this.options.lake.store, nowMs);
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof ConcordanceError
    ? error.kind === "not_found"
    : error instanceof Error && "code" in error && error.code === "ENOENT";

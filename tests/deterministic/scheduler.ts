import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Random } from "./random";

const drained = globalThis.setImmediate;
/** A step takes up to this much simulated time, milliseconds. */
const STEP_MS_MAX = 12;

/** One life of one process: what it waits for dies with it. */
export class Actor {
  alive = true;
  frozenUntilMs = 0;
  readonly abort = new AbortController();
  readonly connections = new Set<DuckDBConnection>();

  constructor(
    readonly name: string,
    readonly role: string,
  ) {}
}

interface Pending {
  readonly owner: Actor;
  readonly label: string;
  readonly dueMs: number;
  /** A request on its way to the store, which takes effect whether or not its sender still lives. */
  readonly onTheWay: boolean;
  run(): void | Promise<void>;
}

/**
 * Decides what happens next, by the seed alone: one thing at a time, and the next only when every process waits again. What
 * runs between two steps belongs to the process whose wait ended.
 */
export class Scheduler {
  nowMs: number;
  steps = 0;
  current: Actor | null = null;
  private pending: Pending[] = [];
  private readonly hash = createHash("sha256");
  private timers = 0;
  private readonly cancelled = new Set<number>();
  readonly lines: string[] = [];

  constructor(
    readonly random: Random,
    startMs: number,
    private readonly keepLines: boolean,
  ) {
    this.nowMs = startMs;
  }

  /** Waits for its turn, takes effect, and answers. */
  perform<T>(owner: Actor, label: string, effect: () => T | Promise<T>, onTheWay = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async () => {
        try {
          resolve(await effect());
        } catch (error) {
          this.note(`${label} fails`);
          reject(error);
        }
      };
      this.pending.push({ owner, label, dueMs: 0, onTheWay, run });
    });
  }

  timer(owner: Actor, delayMs: number, callback: () => void): number {
    const id = ++this.timers;
    const run = () => {
      if (!this.cancelled.delete(id)) callback();
    };
    this.pending.push({ owner, label: `timer ${id}`, dueMs: this.nowMs + Math.max(1, delayMs), onTheWay: false, run });
    return id;
  }

  cancel(id: number): void {
    this.cancelled.add(id);
  }

  /** Runs code of a process outside its waits. */
  async within(owner: Actor | null, work: () => void): Promise<void> {
    this.current = owner;
    work();
    await new Promise<void>((resolve) => drained(resolve));
    this.current = null;
  }

  /** Ends a process. Of its requests on their way some still arrive. */
  kill(actor: Actor): void {
    actor.alive = false;
    this.pending = this.pending.filter(
      ({ owner, onTheWay }) => owner !== actor || (onTheWay && this.random.chance(0.5)),
    );
    for (const connection of actor.connections) connection.closeSync();
    actor.connections.clear();
  }

  note(line: string): void {
    this.hash.update(`${this.nowMs} ${line}\n`);
    if (this.keepLines) this.lines.push(`${this.nowMs} ${line}`);
  }

  traceHash(): string {
    return this.hash.copy().digest("hex").slice(0, 16);
  }

  /** One thing happens; false where nothing ever will. */
  async step(): Promise<boolean> {
    const chosen = this.choose();
    if (chosen === null) return false;
    this.pending.splice(this.pending.indexOf(chosen), 1);
    this.steps++;
    this.nowMs += this.random.below(STEP_MS_MAX);
    this.note(`${chosen.owner.name} ${chosen.label}`);
    this.current = chosen.owner;
    await chosen.run();
    await new Promise<void>((resolve) => drained(resolve));
    this.current = null;
    return true;
  }

  private choose(): Pending | null {
    const ready = this.pending.filter((each) => this.readyMs(each) <= this.nowMs);
    if (ready.length > 0) return this.random.pick(ready);
    let next: Pending | null = null;
    for (const each of this.pending) if (next === null || this.readyMs(each) < this.readyMs(next)) next = each;
    if (next !== null) this.nowMs = Math.max(this.nowMs, this.readyMs(next));
    return next;
  }

  private readyMs({ owner, dueMs, onTheWay }: Pending): number {
    return onTheWay ? dueMs : Math.max(dueMs, owner.frozenUntilMs);
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConcordanceError } from "../../server/domain/errors";
import type { Db } from "../../server/lake/duckdb";
import type { TableSpec } from "../../server/lake/types";
import type { IndexerSource } from "../../server/pipeline/indexer-options";
import type { RecordFormat } from "../../server/sources/landing/files";
import { Broker } from "./broker";
import { Bucket } from "./bucket";
import { damageOne } from "./damage";
import { type Faults, NO_FAULTS, openFaultyStore, type StoreMutants } from "./faulty-store";
import { runActor, runFollower, runKeeper, runWriter } from "./log-processes";
import { createRecorder } from "./logger";
import { type Main, type ProcessMutants, runIndexer, runMaintenance, runPerson, runProjector } from "./processes";
import type { Random } from "./random";
import { LANDING_SOURCE, type World } from "./records";
import { Actor, type Scheduler } from "./scheduler";
import { openSimulatedDb } from "./simulated-db";

export interface Mutant {
  readonly name: string;
  readonly says: string;
  readonly store?: StoreMutants;
  readonly process?: ProcessMutants;
  /** Changes a part all processes share, and returns how to undo it. */
  readonly install?: () => () => void;
}

export interface SimulationOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly world: World;
  readonly db: Db;
  readonly specs: readonly TableSpec[];
  readonly sources: readonly IndexerSource[];
  readonly landingFormat: RecordFormat;
  readonly roles: readonly Role[];
  /** The tables that hold a mark of this source. */
  readonly fedBy: (source: string) => readonly string[];
  readonly mutant: Mutant | null;
  /** One event of trouble in so many steps. */
  readonly troubleEverySteps: number;
}

export type Role = "indexer" | "projector" | "maintenance" | "person" | "writer" | "follower" | "keeper" | "actor";
const MAINS: Readonly<Record<Role, Main>> = {
  indexer: runIndexer,
  projector: runProjector,
  maintenance: runMaintenance,
  person: runPerson,
  writer: runWriter,
  follower: runFollower,
  keeper: runKeeper,
  actor: runActor,
};

const HOUR_MS = 3_600_000;
const RESTART_MS_MAX = 2_000;
const FREEZE_MS_MAX = 9_000;
const RELEASE_EVERY_STEPS = 25;
const REBALANCE_EVERY_STEPS = 180;
/** In one stretch of trouble the clock is put forward by less than what vacuum and the log's retention wait for. */
const LEAP_MS_MAX = 3 * HOUR_MS;
const LEAPS_MAX = 5;
/** A leap is shorter than the age at which vacuum takes a file nobody names for an orphan: nothing is that long on its way. */
const NIGHT_LEAP_MS = 9 * HOUR_MS;
const NIGHT_LEAPS = 7;
const NIGHT_STEPS = 250;
const STEPS_MAX = 25_000;

/** All processes of one run, their store, and what goes wrong with them. */
export class Simulation {
  readonly directory = mkdtempSync(join(tmpdir(), "concordance-simulation-"));
  readonly bucket: Bucket;
  readonly broker: Broker;
  /** What no process may ever do or say. */
  readonly violations: string[] = [];
  readonly pushed = new Map<string, number>();
  readonly acts = new Map<string, "done" | "unknown">();
  readonly counts = {
    crashes: 0,
    freezes: 0,
    rebalances: 0,
    leaps: 0,
    restarts: 0,
    processes: 0,
    damages: 0,
    nights: 0,
  };
  private readonly faults: Faults = { ...NO_FAULTS };
  private readonly god = new Actor("world", "world");
  private readonly living = new Map<Actor, Role>();
  private stopping = false;
  private damaged = false;
  private leaps = 0;
  /** Files of the world that are in the landing folder by now. */
  private landed = 0;

  constructor(readonly options: SimulationOptions) {
    const { scheduler, world, random } = options;
    this.bucket = new Bucket(this.directory, () => scheduler.nowMs);
    this.broker = new Broker(world.streams, random, scheduler);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async start(): Promise<void> {
    for (const role of this.options.roles) await this.options.scheduler.within(this.god, () => this.spawn(role));
  }

  /** Trouble of every kind, until enough has been committed or so many steps are over. */
  async chaos(steps: number, share: number): Promise<void> {
    const { random, scheduler } = this.options;
    this.setFaults(random);
    this.leaps = 0;
    const until = scheduler.steps + steps;
    while (scheduler.steps < until && this.share() < share && this.violations.length === 0) {
      if (random.below(RELEASE_EVERY_STEPS) === 0) this.release(false);
      if (random.below(this.options.troubleEverySteps) === 0) await this.trouble();
      if (random.below(REBALANCE_EVERY_STEPS) === 0) this.rebalance();
      await this.step();
    }
  }

  /** No more trouble: everything that was delivered must get to its place. */
  async calm(all: boolean, settled: () => boolean): Promise<void> {
    Object.assign(this.faults, NO_FAULTS);
    this.broker.redeliveries = false;
    for (const actor of this.living.keys()) actor.frozenUntilMs = 0;
    this.broker.rebalance();
    if (all) this.release(true);
    const until = this.options.scheduler.steps + STEPS_MAX;
    while (!(this.caughtUp() && settled()) && this.violations.length === 0) {
      await this.step();
      if (this.options.scheduler.steps > until) {
        this.violations.push(`after ${STEPS_MAX} steps without trouble not everything is committed: ${this.behind()}`);
      }
    }
    this.broker.redeliveries = true;
  }

  /** Days in which nothing arrives, so that maintenance does what it does to old things. */
  async night(): Promise<void> {
    const { scheduler } = this.options;
    this.counts.nights++;
    for (let leap = 0; leap < NIGHT_LEAPS; leap++) {
      scheduler.nowMs += NIGHT_LEAP_MS;
      const until = scheduler.steps + NIGHT_STEPS;
      while (scheduler.steps < until && this.violations.length === 0) await this.step();
    }
  }

  /** Everything stops, an object is damaged, and everything starts again: to work rightly or to refuse, and to go on once it is mended. */
  async damage(steps: number): Promise<void> {
    const { random, scheduler } = this.options;
    this.killAll();
    const damage = damageOne(this.bucket, random);
    if (damage === null) return this.start();
    this.counts.damages++;
    scheduler.note(damage.says);
    this.damaged = true;
    // Of a missing object only the listing tells: both at once no reader could see.
    this.faults.staleList = 0;
    await this.start();
    this.release(false);
    const until = scheduler.steps + steps;
    while (scheduler.steps < until && this.violations.length === 0) await this.step();
    this.killAll();
    const wrong = damage.restore();
    if (wrong !== null) this.violations.push(wrong);
    this.damaged = false;
    await this.start();
  }

  private killAll(): void {
    for (const actor of this.living.keys()) {
      this.options.scheduler.kill(actor);
      this.broker.leave(actor);
    }
    this.living.clear();
    // Nobody is started again that was about to be.
    this.options.scheduler.kill(this.god);
  }

  /** Orderly stop of every process. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { scheduler } = this.options;
    for (const actor of [...this.living.keys()]) await scheduler.within(actor, () => actor.abort.abort());
    const until = scheduler.steps + STEPS_MAX;
    while (this.living.size > 0 && this.violations.length === 0) {
      if (!(await scheduler.step())) break;
      if (scheduler.steps > until) this.violations.push("a process does not stop");
    }
    for (const actor of this.living.keys()) scheduler.kill(actor);
  }

  private async step(): Promise<void> {
    if (!(await this.options.scheduler.step())) this.violations.push("everything waits for nothing");
  }

  private setFaults(random: Random): void {
    const level = random.pick([0, 0.3, 1]);
    this.faults.lostRequest = 0.01 * level;
    this.faults.lostAnswer = 0.04 * level;
    this.faults.ownConflict = 0.08 * level;
    this.faults.busyKey = 0.05 * level;
    this.faults.lateAnswer = 0.3;
    this.faults.staleList = 0.2 * level;
  }

  private async trouble(): Promise<void> {
    const { random, scheduler } = this.options;
    const victim = random.pick([...this.living.keys()]);
    const kind = random.below(10);
    if (kind < 4) {
      this.counts.crashes++;
      scheduler.note(`${victim.name} dies`);
      this.end(victim);
    } else if (kind < 7) {
      this.counts.freezes++;
      scheduler.note(`${victim.name} freezes`);
      victim.frozenUntilMs = scheduler.nowMs + random.below(FREEZE_MS_MAX);
      // Its partitions are given to others before it wakes, or not.
      if (random.chance(0.7)) this.broker.rebalance();
    } else if (kind < 9 || this.leaps >= LEAPS_MAX) {
      this.rebalance();
    } else {
      this.counts.leaps++;
      this.leaps++;
      scheduler.nowMs += random.below(LEAP_MS_MAX);
    }
  }

  /** More arrives: records at the broker, files in the landing folder. */
  private release(all: boolean): void {
    this.broker.release(all);
    const { files } = this.options.world;
    const until = all ? files.length : Math.min(files.length, this.landed + this.options.random.below(2));
    for (const { key, bytes } of files.slice(this.landed, until)) this.bucket.put(key, bytes);
    this.landed = until;
  }

  private rebalance(): void {
    this.counts.rebalances++;
    this.broker.rebalance();
  }

  /** A process is over: what it held is gone, and after a while it is started again. */
  private end(actor: Actor): void {
    const role = this.living.get(actor);
    if (role === undefined) return;
    this.living.delete(actor);
    const { scheduler, random } = this.options;
    scheduler.kill(actor);
    this.broker.leave(actor);
    if (this.stopping) return;
    this.counts.restarts++;
    scheduler.timer(this.god, random.below(RESTART_MS_MAX), () => this.spawn(role));
  }

  private spawn(role: Role): void {
    if (this.stopping) return;
    const { scheduler, db, specs, landingFormat, mutant, world } = this.options;
    const sources = this.options.sources.filter(({ name }) => name !== LANDING_SOURCE || world.files.length > 0);
    const actor = new Actor(`${role} ${++this.counts.processes}`, role);
    this.living.set(actor, role);
    const store = openFaultyStore(this.bucket, scheduler, actor, this.faults, mutant?.store ?? {});
    // What it does before its first wait is its own already.
    scheduler.current = actor;
    const log = createRecorder((line) => scheduler.note(`${actor.name} says ${line}`));
    const work = MAINS[role]({
      actor,
      store,
      db: openSimulatedDb(db, scheduler, actor),
      specs,
      broker: this.broker,
      sources,
      landingFormat,
      log,
      mutants: mutant?.process ?? {},
      onPushed: (at) => this.pushed.set(at, (this.pushed.get(at) ?? 0) + 1),
      onAct: (act, outcome) => this.acts.set(act, outcome),
      onLookBack: (table, version, paths) => {
        const right = this.bucket.filesAt(table, version);
        if (right.join() !== paths.join())
          this.violations.push(`${table} as of ${version}: ${paths} instead of ${right}`);
      },
    });
    void work.then(
      () => this.end(actor),
      (error: unknown) => {
        if (!this.living.has(actor)) return;
        scheduler.note(`${actor.name} ends: ${String(error)}`);
        const forgivable = this.damaged || (error instanceof ConcordanceError && error.kind === "unavailable");
        if (!forgivable) this.violations.push(`${actor.name} ended with ${told(error)}`);
        this.end(actor);
      },
    );
  }

  /** How much of all marks has been reached. */
  private share(): number {
    let [reached, all] = [0, 0];
    for (const stream of this.options.world.streams) {
      all += Number(stream.lastMark) + 1;
      reached += this.reached(stream.source, stream.appId) + 1;
    }
    return reached / all;
  }

  private caughtUp(): boolean {
    return this.behind() === "";
  }

  private behind(): string {
    return this.options.world.streams
      .filter((stream) => this.reached(stream.source, stream.appId) < this.broker.availableOf(stream) - 1)
      .map(({ appId }) => appId)
      .concat(this.landingBehind())
      .join(", ");
  }

  /** The landed files that are not planned to their end, or the last plan where it is not committed. */
  private landingBehind(): string[] {
    const { files } = this.options.world;
    if (files.length === 0) return [];
    const open = files.slice(0, this.landed).filter(({ sha256 }) => {
      const taken = this.bucket.objects.get(`plans/${LANDING_SOURCE}/taken/${sha256}.json`);
      return taken === undefined || !new TextDecoder().decode(taken.bytes).includes("finished");
    });
    if (open.length > 0) return open.map(({ key }) => key);
    const last = this.bucket.keys(`plans/${LANDING_SOURCE}/0`, "").at(-1);
    const committed = this.reached(LANDING_SOURCE, `landing/${LANDING_SOURCE}`);
    return last === undefined || Number(last.slice(-25, -5)) <= committed ? [] : [last];
  }

  /** The lowest mark over the tables this source feeds. */
  private reached(source: string, appId: string): number {
    const tables = this.options.fedBy(source);
    return Math.min(...tables.map((table) => Number(this.bucket.marks.get(`${table} ${appId}`) ?? -1n)));
  }
}

function told(error: unknown): string {
  if (error instanceof ConcordanceError) return `${error.kind} ${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

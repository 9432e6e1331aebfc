import { businessDate } from "../domain/time";
import type { Role, TruthLine } from "./truth";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const VELOCITY_COUNT = 31;
const ACCELERATION_FLOOR = 10;
const ACCELERATION_RATIO = 3;
const DECLINES = 5;
/** Late events are at most a day old. */
const DAYS_KEPT = 3;
/** Above this, entities whose declines are an hour old are forgotten. */
const DECLINES_KEPT_MAX = 100_000;
/** A payment this long after its party was blacklisted must be denied, milliseconds of real time. */
const DENIED_AFTER_MS = 10_000;

/** One emitted event, as the rules see it. Parties are numbers of customers; -1 where there is none. */
export interface RecountedEvent {
  readonly transaction: string;
  readonly eventMs: number;
  readonly originator: number;
  readonly counterparty: number;
  /** True where the payment had no event on this business day before. */
  readonly opensDay: boolean;
  readonly declined: boolean;
  readonly cardNumber: string | null;
}

/** When a run is paced by the clock: how long ago something happened can be told. Null in a run as fast as it can. */
export type RealClock = (() => number) | null;

/**
 * What the rules of PRODUCT.md section 2 must say about what was emitted, counted plainly, event by event, with their
 * default thresholds and business days in UTC. It shares nothing with the product's own counting.
 */
export class Recount {
  private readonly days = new Map<number, Record<Role, Uint16Array>>();
  private readonly fired = new Set<string>();
  private readonly blacklistedAt = new Map<number, number>();
  private readonly declines = new Map<string, { times: number[]; transactions: string[]; firedMs: number }>();

  constructor(
    private readonly customers: number,
    private readonly customerId: (index: number) => string,
    private readonly tell: (line: TruthLine) => void,
    private readonly realClock: RealClock,
  ) {}

  add(event: RecountedEvent): void {
    this.checkDenied(event);
    if (event.opensDay) {
      this.count(event, event.originator, "originator");
      if (event.counterparty >= 0) this.count(event, event.counterparty, "beneficiary");
    }
    if (!event.declined) return;
    this.decline(event, "user", this.customerId(event.originator));
    if (event.cardNumber !== null) this.decline(event, "card", event.cardNumber);
  }

  private count(event: RecountedEvent, party: number, role: Role): void {
    const day = Math.floor(event.eventMs / DAY_MS);
    const counts = this.day(day)[role];
    const count = (counts[party] ?? 0) + 1;
    counts[party] = count;
    if (count === VELOCITY_COUNT) this.fire("velocity", event, party, role, day, count, null);
    if (count < ACCELERATION_FLOOR) return;
    const previous = this.days.get(day - 1)?.[role][party] ?? 0;
    if (previous > 0 && count > ACCELERATION_RATIO * previous) {
      this.fire("acceleration", event, party, role, day, count, previous);
    }
  }

  private fire(
    kind: "velocity" | "acceleration",
    event: RecountedEvent,
    party: number,
    role: Role,
    day: number,
    count: number,
    previous: number | null,
  ): void {
    const name = `${kind}/${role}/${party}/${day}`;
    if (this.fired.has(name)) return;
    this.fired.add(name);
    if (!this.blacklistedAt.has(party)) this.blacklistedAt.set(party, this.realClock?.() ?? 0);
    this.tell({
      kind,
      party: this.customerId(party),
      role,
      day: businessDate(day),
      count,
      previous,
      transaction: event.transaction,
      at: new Date(event.eventMs).toISOString(),
    });
  }

  private checkDenied(event: RecountedEvent): void {
    if (this.realClock === null || this.blacklistedAt.size === 0) return;
    const now = this.realClock();
    const since = [event.originator, event.counterparty].map((party) => this.blacklistedAt.get(party) ?? now);
    if (now - Math.min(...since) >= DENIED_AFTER_MS) {
      this.tell({ kind: "blacklisted_party", transaction: event.transaction });
    }
  }

  private decline(event: RecountedEvent, entity: "user" | "card", id: string): void {
    const key = `${entity}/${id}`;
    let seen = this.declines.get(key);
    if (seen === undefined) {
      if (this.declines.size >= DECLINES_KEPT_MAX) this.forgetDeclines(event.eventMs - HOUR_MS);
      seen = { times: [], transactions: [], firedMs: Number.NEGATIVE_INFINITY };
      this.declines.set(key, seen);
    }
    while ((seen.times[0] ?? event.eventMs) <= event.eventMs - HOUR_MS) {
      seen.times.shift();
      seen.transactions.shift();
    }
    seen.times.push(event.eventMs);
    seen.transactions.push(event.transaction);
    if (seen.times.length < DECLINES || event.eventMs - seen.firedMs < HOUR_MS) return;
    seen.firedMs = event.eventMs;
    this.tell({
      kind: "repeated_declines",
      entity,
      id: entity === "card" ? id.slice(-4) : id,
      transactions: [...seen.transactions],
      at: new Date(event.eventMs).toISOString(),
    });
  }

  private forgetDeclines(beforeMs: number): void {
    for (const [key, { times }] of this.declines) {
      if ((times.at(-1) ?? 0) < beforeMs) this.declines.delete(key);
    }
  }

  private day(day: number): Record<Role, Uint16Array> {
    const known = this.days.get(day);
    if (known !== undefined) return known;
    const counts = { originator: new Uint16Array(this.customers), beneficiary: new Uint16Array(this.customers) };
    this.days.set(day, counts);
    for (const old of this.days.keys()) if (old < day - DAYS_KEPT) this.days.delete(old);
    return counts;
  }
}

import type { PaymentType } from "../pipeline/records";
import { CARD_DECLINES, TRANSFER_DECLINES } from "./catalog";
import type { Step, Timing } from "./lifecycle";
import { hashText, Prng } from "./prng";
import type { TruthLine } from "./truth";
import type { World } from "./world";

const DAY_MS = 86_400_000;
const VELOCITY_THRESHOLD = 30;
const ACCELERATION_FLOOR = 10;
const ACCELERATION_RATIO = 3;
const BASELINE_MAX = 4;
const PARTIES_MAX = 20_000;
/** Baselines given for yesterday when a run that follows the clock begins. */
const PRELUDE_PARTIES = 60;

/** A payment to be opened, as far as an episode decides it. */
export interface PlannedPayment {
  readonly dueMs: number;
  readonly customer: number;
  /** Number of the receiving customer; -1 for a merchant. */
  readonly counterparty: number;
  readonly type: PaymentType;
  readonly steps: readonly Step[];
  readonly cardNumber: string | null;
}

export interface EpisodePace {
  /** Records of the transaction stream between two episodes of one kind. */
  readonly velocity: number;
  readonly acceleration: number;
  readonly declines: number;
  /** Records before the first of each. */
  readonly first: number;
}

/** A run by the clock shows an episode of each kind within its first minute, and a few a minute whatever its rate. */
export const pacedEpisodes = (tps: number): EpisodePace => ({
  velocity: Math.max(400, tps * 40),
  acceleration: Math.max(300, tps * 60),
  declines: Math.max(200, tps * 45),
  first: Math.ceil(tps * 3),
});
export const BATCH_EPISODES: EpisodePace = { velocity: 8_000, acceleration: 5_000, declines: 3_000, first: 500 };

const INSTANT: readonly Step[] = [{ status: "SETTLED", delayMs: 0 }];

/**
 * Plants fraud episodes among customers who do nothing else, so that what must fire fires by design: velocity of both
 * roles, acceleration, repeated declines of a user, of a card or of both; and of each some that stop just short.
 */
export class EpisodePlanner {
  /** Customers from this number on are free for ordinary life. */
  readonly parties: number;
  private readonly prng: Prng;
  private readonly counts = { velocity: 0, baseline: 0, declines: 0 };
  private readonly next: { velocity: number; acceleration: number; declines: number };
  private readonly baselines = new Map<number, { party: number; count: number }[]>();
  private cursor: number;
  private nextAny = 0;

  constructor(
    private readonly world: World,
    private readonly timing: Timing,
    private readonly pace: EpisodePace,
    run: string,
    private readonly tell: (line: TruthLine) => void,
  ) {
    this.prng = new Prng(`${world.options.seed}/episodes/${run}`);
    this.parties = Math.min(PARTIES_MAX, Math.floor(world.options.customers / 4));
    // Another run begins with other parties: those of earlier runs are blacklisted already.
    this.cursor = hashText(run) % this.parties;
    const { first } = pace;
    this.next = { velocity: first, declines: first * 2, acceleration: first * 3 };
  }

  /** What begins now, given how many records are out. */
  plan(records: number, nowMs: number): PlannedPayment[] {
    if (records < this.nextAny) return [];
    const planned: PlannedPayment[] = [];
    if (records >= this.next.velocity) {
      this.next.velocity = records + this.pace.velocity;
      planned.push(...this.velocity(nowMs));
    }
    if (records >= this.next.declines) {
      this.next.declines = records + this.pace.declines;
      planned.push(...this.declines(nowMs));
    }
    if (records >= this.next.acceleration) {
      this.next.acceleration = records + this.pace.acceleration;
      planned.push(...this.baseline(nowMs), ...this.acceleration(nowMs));
    }
    this.nextAny = Math.min(this.next.velocity, this.next.declines, this.next.acceleration);
    return planned;
  }

  /** Yesterday's payments of the parties that accelerate today, in order of time. */
  prelude(nowMs: number): PlannedPayment[] {
    const noonYesterday = (Math.floor(nowMs / DAY_MS) - 1) * DAY_MS + DAY_MS / 2;
    const planned = Array.from({ length: PRELUDE_PARTIES }, () => this.baseline(noonYesterday)).flat();
    return planned.sort((a, b) => a.dueMs - b.dueMs);
  }

  private velocity(nowMs: number): PlannedPayment[] {
    const turn = this.counts.velocity++;
    const party = this.takeParty();
    const receives = turn % 2 === 1;
    const short = turn % 4 === 2;
    const count = short ? VELOCITY_THRESHOLD : VELOCITY_THRESHOLD + 1 + this.prng.int(3);
    if (short) this.tell({ kind: "near_miss", rule: "velocity", party: this.world.customerId(party) });
    const planned = this.burst(nowMs, count, party, receives);
    // Once more when it is known: a blacklisted party's payment must be denied.
    const back = this.burst(nowMs + this.timing.episodeMs + this.timing.comeBackMs, 1, party, receives);
    return short ? planned : [...planned, ...back];
  }

  private baseline(nowMs: number): PlannedPayment[] {
    const party = this.takeParty();
    const count = this.counts.baseline++ % 4 === 3 ? BASELINE_MAX : 1 + this.prng.int(BASELINE_MAX - 1);
    const day = Math.floor(nowMs / DAY_MS);
    const known = this.baselines.get(day);
    if (known === undefined) this.baselines.set(day, [{ party, count }]);
    else known.push({ party, count });
    for (const old of this.baselines.keys()) if (old < day - 1) this.baselines.delete(old);
    return this.burst(nowMs, count, party, false);
  }

  private acceleration(nowMs: number): PlannedPayment[] {
    const base = this.baselines.get(Math.floor(nowMs / DAY_MS) - 1)?.shift();
    if (base === undefined) return [];
    const enough = Math.max(ACCELERATION_FLOOR, base.count * ACCELERATION_RATIO + 1);
    // Four times three is exactly 3.0 times the day before, which is not more than it.
    const short = base.count === BASELINE_MAX;
    if (short) this.tell({ kind: "near_miss", rule: "acceleration", party: this.world.customerId(base.party) });
    return this.burst(nowMs, short ? enough - 1 : enough, base.party, false);
  }

  private declines(nowMs: number): PlannedPayment[] {
    const turn = this.counts.declines++;
    const kind = (["both", "card", "user", "short"] as const)[turn % 4];
    const party = this.takeParty();
    const count = kind === "short" ? 4 : 5 + this.prng.int(2);
    if (kind === "short") {
      this.tell({ kind: "near_miss", rule: "repeated_declines", party: this.world.customerId(party) });
    }
    const card = kind === "user" ? null : this.world.cardNumber(party);
    return this.times(nowMs, count).map((dueMs) => ({
      dueMs,
      // A card tested under several names: no user gets near the threshold, the card does.
      customer: kind === "card" ? this.takeParty() : party,
      counterparty: card === null ? this.takeParty() : -1,
      type: card === null ? "RTP" : "CARD",
      cardNumber: card,
      steps: [
        {
          status: "DECLINED",
          delayMs: 0,
          declineCode: this.prng.pick(card === null ? TRANSFER_DECLINES : CARD_DECLINES),
        },
      ],
    }));
  }

  /** Instant payments of one party, each with somebody else. */
  private burst(nowMs: number, count: number, party: number, receives: boolean): PlannedPayment[] {
    return this.times(nowMs, count).map((dueMs) => {
      const other = this.takeParty();
      return {
        dueMs,
        customer: receives ? other : party,
        counterparty: receives ? party : other,
        type: this.prng.chance(0.5) ? "P2P" : "RTP",
        cardNumber: null,
        steps: INSTANT,
      };
    });
  }

  private times(nowMs: number, count: number): number[] {
    const times = Array.from({ length: count }, () => nowMs + this.prng.float() * this.timing.episodeMs);
    return times.sort((a, b) => a - b);
  }

  private takeParty(): number {
    for (let tries = 0; tries < this.parties; tries++) {
      this.cursor = (this.cursor + 1) % this.parties;
      if (!this.world.isStolen(this.cursor)) break;
    }
    return this.cursor;
  }
}

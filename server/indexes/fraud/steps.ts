import type { EffectiveSettings } from "./settings";

export type PartyRole = "originator" | "beneficiary";

/** A party of one payment, at the payment's first stored event of a business day. */
export interface PartyEvent {
  readonly partyId: string;
  readonly role: PartyRole;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Lower and upper 32 bits of the hash of role and party. */
  readonly low: number;
  readonly high: number;
  /** Microseconds since the epoch. */
  readonly eventMicros: bigint;
}

/** How much a party had on a day before this range, as it is committed. */
export interface PartyCounts {
  readonly payments: number;
  readonly accelerated: boolean;
}

/** What a range adds to one party, role and day. */
export interface PartyIncrement {
  readonly partyId: string;
  readonly role: PartyRole;
  readonly day: number;
  readonly low: number;
  readonly high: number;
  /** Payments added by this range. */
  payments: number;
  /** Payments with what was before. */
  running: number;
  accelerated: boolean;
  acceleratedBefore: boolean;
  lastEventMicros: bigint;
}

export interface PartyFired {
  readonly rule: "velocity" | "acceleration";
  readonly partyId: string;
  readonly role: PartyRole;
  readonly day: number;
  readonly running: number;
  readonly previousCount: number | null;
  readonly threshold: number;
  readonly version: string;
}

/** How far back the last active day is looked for. */
export const LAST_ACTIVE_DAYS = 31;

/**
 * velocity and acceleration over the parties of payments in order of arrival (PRODUCT.md section 2). A rule fires on the row
 * that crosses its threshold: velocity where a party has one payment more than allowed that day, acceleration at the first
 * payment at or above the floor that is more than the ratio times what had arrived of the day compared with, once per
 * party, role and day. The counts before the range are asked for and never changed.
 */
export class PartyRange {
  readonly increments = new Map<string, PartyIncrement>();

  constructor(
    private readonly settings: EffectiveSettings,
    private readonly before: (day: number, low: number, high: number) => PartyCounts,
  ) {}

  /** Counts one event and says what it made fire. */
  observe(event: PartyEvent): PartyFired[] {
    const increment = this.incrementOf(event);
    increment.payments++;
    increment.running++;
    if (event.eventMicros > increment.lastEventMicros) increment.lastEventMicros = event.eventMicros;
    const { settings, version } = this.settings.on(event.day);
    const { running } = increment;
    const { partyId, role, day } = event;
    const fired: PartyFired[] = [];
    const fire = (rule: PartyFired["rule"], previousCount: number | null, threshold: number) =>
      fired.push({ rule, partyId, role, day, running, previousCount, threshold, version });
    if (running === settings.velocity.transactions + 1) fire("velocity", null, settings.velocity.transactions);
    const { floor, ratio, previous } = settings.acceleration;
    if (running < floor || increment.accelerated || increment.acceleratedBefore) return fired;
    const compared = this.paymentsBefore(event, previous === "calendar_day" ? 1 : LAST_ACTIVE_DAYS);
    if (compared > 0 && running > ratio * compared) {
      increment.accelerated = true;
      fire("acceleration", compared, ratio);
    }
    return fired;
  }

  /** What has arrived of the newest day with payments, at most so many days before the event's. */
  private paymentsBefore({ role, partyId, day, low, high }: PartyEvent, daysMax: number): number {
    for (let earlier = day - 1; earlier >= day - daysMax; earlier--) {
      const known = this.increments.get(keyOf(role, partyId, earlier));
      const payments = known === undefined ? this.before(earlier, low, high).payments : known.running;
      if (payments > 0) return payments;
    }
    return 0;
  }

  private incrementOf({ partyId, role, day, low, high, eventMicros }: PartyEvent): PartyIncrement {
    const key = keyOf(role, partyId, day);
    const known = this.increments.get(key);
    if (known !== undefined) return known;
    const { payments, accelerated } = this.before(day, low, high);
    const made: PartyIncrement = {
      partyId,
      role,
      day,
      low,
      high,
      payments: 0,
      running: payments,
      accelerated: false,
      acceleratedBefore: accelerated,
      lastEventMicros: eventMicros,
    };
    this.increments.set(key, made);
    return made;
  }
}

const keyOf = (role: PartyRole, partyId: string, day: number): string => `${role}\u001f${partyId}\u001f${day}`;

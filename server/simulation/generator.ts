import type { PaymentType } from "../pipeline/records";
import { BalanceCount } from "./balance";
import { PAYMENT_TYPE_WEIGHTS, SIGNAL_REASONS } from "./catalog";
import { type EpisodePace, EpisodePlanner, type PlannedPayment } from "./episodes";
import { DueQueue } from "./heap";
import { EVENTS_PER_PAYMENT, lifeOf, type Step, type Timing } from "./lifecycle";
import { pickSignalSpoiling, pickTransactionSpoiling } from "./malformed";
import type { SimulationOptions } from "./options";
import { createPayment, createTimeFormatter, eventText, type Payment, signalText } from "./payment";
import { Prng } from "./prng";
import { type RealClock, Recount } from "./recount";
import type { TruthLine } from "./truth";
import { MerchantPicker, Twins } from "./variations";
import { amountMinor, cumulative, search, type World } from "./world";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** No event is planted late before its stream has a watermark worth the name. */
const RECORDS_BEFORE_LATE = 2_000;
const LATE_FROM_MS = 2.2 * HOUR_MS;
const LATE_UNTIL_MS = 20 * HOUR_MS;
const STOLEN_BURST_MAX = 4;
/** Openings put off while steps had their turn; more is forgotten, so that no flood follows. */
const OPENINGS_OWED_MAX = 50;
const EXCEPTIONS: ReadonlySet<string> = new Set(["REFUNDED", "RETURNED", "CHARGEBACK"]);
const TYPE_SHARES = cumulative(PAYMENT_TYPE_WEIGHTS.map(([, weight]) => weight));
const INSTANT: readonly Step[] = [{ status: "SETTLED", delayMs: 0 }];
const UNSETTLED: readonly Step[] = [{ status: "APPROVED", delayMs: 0 }];
const TO_MERCHANTS: ReadonlySet<PaymentType> = new Set(["CARD", "DIRECT_DEBIT"]);
const CHANNELS = ["POS", "ECOM", "ECOM", "POS", "MOTO"] as const;

export interface Output {
  transaction(record: string | Uint8Array, key: string | null): void;
  signal(record: string | Uint8Array, key: string | null): void;
  truth(line: TruthLine): void;
  /** Told of every event of a payment, once; for what follows from it elsewhere. */
  moved?(payment: Payment, step: Step, eventMs: number): void;
}

type Task =
  | { readonly kind: "step"; readonly dueMs: number; readonly payment: Payment; readonly index: number }
  | { readonly kind: "repeat"; readonly dueMs: number; readonly record: string; readonly key: string | null }
  | { readonly kind: "open"; readonly dueMs: number; readonly planned: PlannedPayment };

interface SignalTask {
  readonly dueMs: number;
  readonly payment: Payment;
  readonly score: number;
}

export interface GeneratorOptions {
  readonly world: World;
  readonly options: SimulationOptions;
  readonly timing: Timing;
  readonly pace: EpisodePace;
  /** First instant of simulated time, milliseconds. */
  readonly startMs: number;
  readonly realClock: RealClock;
  readonly output: Output;
}

/** Writes the life of the world slice by slice: an exact number of records each, in order of time. */
export class Generator {
  readonly transactions = new BalanceCount();
  readonly signals = new BalanceCount();
  records = 0;
  private readonly prng: Prng;
  private readonly queue = new DueQueue<Task>();
  private readonly signalQueue = new DueQueue<SignalTask>();
  private readonly episodes: EpisodePlanner;
  private readonly recount: Recount;
  private readonly twins: Twins;
  private readonly merchants: MerchantPicker;
  private readonly formatTime = createTimeFormatter();
  /** Ordinary customers are numbered from `ordinary` to `late`; those after only ever pay late. */
  private readonly ordinary: number;
  private readonly late: number;
  private payments = 0;
  private signalCount = 0;
  private owed = 1;
  private stolenShown: boolean;

  constructor(private readonly given: GeneratorOptions) {
    const { world, options, timing, pace, output, realClock } = given;
    this.prng = new Prng(`${options.seed}/${options.run}`);
    this.episodes = new EpisodePlanner(world, timing, pace, options.run, output.truth);
    this.recount = new Recount(options.customers, (index) => world.customerId(index), output.truth, realClock);
    this.twins = new Twins(options);
    this.merchants = new MerchantPicker(world, options.skew);
    this.ordinary = this.episodes.parties;
    // A run that is watched shows a stolen card soon, however slow it is.
    this.stolenShown = options.tps === null || options.stolenUse === 0;
    this.late = Math.floor(options.customers * 0.99);
  }

  /**
   * Yesterday's payments that today's acceleration is measured by; they count in no slice. No money moves: yesterday's
   * statements may be out already.
   */
  prelude(nowMs: number): void {
    for (const planned of this.episodes.prelude(nowMs)) {
      this.emit(this.paymentOf({ ...planned, steps: UNSETTLED }), 0, planned.dueMs);
    }
  }

  /** Exactly `budget` records of the transaction stream, evenly over the slice, with the signals that fall into it. */
  slice(fromMs: number, toMs: number, budget: number): void {
    const width = (toMs - fromMs) / budget;
    for (let slot = 0; slot < budget; slot++) {
      const nowMs = fromMs + (slot + this.prng.float()) * width;
      for (const planned of this.episodes.plan(this.records, nowMs)) {
        this.queue.push({ kind: "open", dueMs: planned.dueMs, planned });
      }
      this.emitSignals(nowMs);
      this.owed = Math.min(this.owed + 1 / EVENTS_PER_PAYMENT, OPENINGS_OWED_MAX);
      const next = this.queue.peek();
      if (next !== undefined && next.dueMs <= nowMs) {
        this.queue.pop();
        this.perform(next, nowMs);
      } else this.open(nowMs);
    }
    this.emitSignals(toMs);
  }

  private perform(task: Task, nowMs: number): void {
    switch (task.kind) {
      case "step":
        this.emit(task.payment, task.index, nowMs);
        break;
      case "repeat":
        this.given.output.transaction(task.record, task.key);
        this.transactions.duplicate();
        this.records++;
        break;
      case "open":
        this.emit(this.paymentOf(task.planned), 0, nowMs);
        break;
    }
  }

  /** One record nothing else was due for. */
  private open(nowMs: number): void {
    const { options, startMs } = this.given;
    const luck = this.prng.float();
    const agedMs = options.tps === null ? nowMs - startMs : LATE_UNTIL_MS;
    const mayBeLate = this.records >= RECORDS_BEFORE_LATE && agedMs > LATE_FROM_MS;
    if (luck < options.malformedRate) this.emitMalformed(nowMs);
    else if (mayBeLate && luck < options.malformedRate + options.lateRate) this.emitLate(nowMs, agedMs);
    else this.openOrdinary(nowMs);
  }

  private openOrdinary(nowMs: number): void {
    const { options, timing, world } = this.given;
    for (;;) {
      const payment = this.ordinaryPayment(nowMs);
      const twin = this.twins.pair(payment, () => this.nextId());
      if (twin !== null) {
        this.queue.push({ kind: "step", dueMs: nowMs + twin.afterMs, payment: twin.payment, index: 0 });
      }
      if (payment.cardNumber !== null && world.isStolen(payment.customer)) this.repeatStolenUse(payment, nowMs);
      const signalled = this.prng.chance(options.signalRate);
      const dueMs = nowMs + this.prng.between(...timing.signal);
      if (!signalled || !this.prng.chance(options.signalFirstRate)) {
        if (signalled) this.signalQueue.push({ dueMs, payment, score: this.score() });
        this.emit(payment, 0, nowMs);
        return;
      }
      // The signal is out before its payment, which leaves this slot to another one.
      this.emitSignal({ dueMs: nowMs, payment, score: this.score() }, nowMs);
      this.queue.push({ kind: "step", dueMs, payment, index: 0 });
    }
  }

  /** Lives of several events as often as they are owed; in between, payments of one event fill the pace. */
  private ordinaryPayment(nowMs: number): Payment {
    const { options, pace, timing, world } = this.given;
    const customer = this.pickCustomer();
    if (this.owed < 1) {
      const type = this.prng.chance(0.5) ? "P2P" : "RTP";
      return this.paymentOf(this.plannedOf(nowMs, customer, this.pickCustomer(), type, INSTANT, null));
    }
    this.owed--;
    const type = PAYMENT_TYPE_WEIGHTS[search(TYPE_SHARES, this.prng.float())]?.[0] ?? "CARD";
    const toMerchant = TO_MERCHANTS.has(type) || ((type === "ACH" || type === "SEPA") && this.prng.chance(0.6));
    const steps = lifeOf(type, this.prng, timing);
    const counterparty = toMerchant ? -1 : this.pickCustomer();
    if (type !== "CARD") return this.paymentOf(this.plannedOf(nowMs, customer, counterparty, type, steps, null));
    const stolen = this.prng.chance(options.stolenUse) || (!this.stolenShown && this.records >= pace.first);
    this.stolenShown ||= stolen;
    const holder = this.pickHolder(stolen);
    return this.paymentOf(this.plannedOf(nowMs, holder, -1, type, steps, world.cardNumber(holder)));
  }

  private plannedOf(
    dueMs: number,
    customer: number,
    counterparty: number,
    type: PaymentType,
    steps: readonly Step[],
    cardNumber: string | null,
  ): PlannedPayment {
    return { dueMs, customer, counterparty, type, steps, cardNumber };
  }

  /** A stolen card that is used is used again. */
  private repeatStolenUse({ customer }: Payment, nowMs: number): void {
    const { world, timing } = this.given;
    for (let use = this.prng.int(STOLEN_BURST_MAX); use > 0; use--) {
      const dueMs = nowMs + this.prng.float() * timing.episodeMs;
      const steps = lifeOf("CARD", this.prng, timing);
      const planned = this.plannedOf(dueMs, customer, -1, "CARD", steps, world.cardNumber(customer));
      this.queue.push({ kind: "open", dueMs, planned });
    }
  }

  private paymentOf(planned: PlannedPayment): Payment {
    const { world } = this.given;
    const { prng } = this;
    const originator = world.customer(planned.customer);
    const records = planned.steps.length;
    const merchant = planned.counterparty < 0 ? this.merchants.pick(prng, records) : null;
    if (merchant === null) this.merchants.other(records);
    const { currency } = (merchant ?? originator).country;
    const median = merchant?.category.median ?? 60;
    return createPayment({
      id: this.nextId(),
      type: planned.type,
      customer: planned.customer,
      originator,
      merchant,
      counterparty: planned.counterparty,
      beneficiary: planned.counterparty < 0 ? null : world.customer(planned.counterparty),
      amountMinor: amountMinor(prng, median, currency, (merchant ?? originator).exponent),
      currency,
      channel: planned.type === "CARD" ? prng.pick(CHANNELS) : planned.type === "CHECK" ? "BRANCH" : "ONLINE",
      cardNumber: planned.cardNumber,
      steps: planned.steps,
    });
  }

  private nextId(): string {
    return `${this.given.options.run}t${(this.payments++).toString(36)}`;
  }

  private emit(payment: Payment, index: number, eventMs: number): void {
    const { output, options, timing } = this.given;
    const step = payment.steps[index];
    if (step === undefined) return;
    const record = eventText(payment, index, this.formatTime(eventMs), this.processingMs());
    const key = this.keyOf(payment);
    output.transaction(record, key);
    this.records++;
    this.transactions.accept(eventMs, payment.currency, payment.amountMinor);
    output.moved?.(payment, step, eventMs);
    const day = Math.floor(eventMs / DAY_MS);
    this.recount.add({
      transaction: payment.id,
      eventMs,
      originator: payment.customer,
      counterparty: payment.counterparty,
      opensDay: day !== payment.lastDay,
      declined: step.status === "DECLINED",
      cardNumber: payment.cardNumber,
    });
    payment.lastDay = day;
    if (index === 0) this.opened(payment);
    if (this.prng.chance(options.duplicateRate)) {
      this.queue.push({ kind: "repeat", dueMs: eventMs + this.prng.between(...timing.repeat), record, key });
    }
    const next = payment.steps[index + 1];
    if (next === undefined) return;
    this.queue.push({ kind: "step", dueMs: this.dueOf(eventMs, next), payment, index: index + 1 });
  }

  private opened(payment: Payment): void {
    const { output, world } = this.given;
    const { cardNumber, signalsAhead, id } = payment;
    if (cardNumber !== null && world.isStolen(payment.customer)) {
      output.truth({ kind: "stolen_card", transaction: id, last4: cardNumber.slice(-4) });
    }
    for (const { signal, severity } of signalsAhead) {
      output.truth({ kind: "fraud_score", signal, transaction: id, severity });
    }
  }

  /** Whatever does not go wrong is done within the business day it began on. */
  private dueOf(eventMs: number, step: Step): number {
    const due = eventMs + step.delayMs;
    const dayEnd = (Math.floor(eventMs / DAY_MS) + 1) * DAY_MS;
    if (due < dayEnd || EXCEPTIONS.has(step.status)) return due;
    return eventMs + (dayEnd - eventMs) * this.prng.float();
  }

  private emitLate(nowMs: number, agedMs: number): void {
    const { options } = this.given;
    const eventMs = nowMs - this.prng.between(LATE_FROM_MS, Math.min(LATE_UNTIL_MS, agedMs));
    const pick = () => this.late + this.prng.int(options.customers - this.late);
    this.emit(this.paymentOf(this.plannedOf(nowMs, pick(), pick(), "CHECK", INSTANT, null)), 0, eventMs);
  }

  private emitMalformed(nowMs: number): void {
    const { world, timing, output } = this.given;
    const customer = this.pickHolder(false);
    const steps = lifeOf("CARD", this.prng, timing);
    const planned = this.plannedOf(nowMs, customer, -1, "CARD", steps, world.cardNumber(customer));
    const payment = this.paymentOf(planned);
    const spoiling = pickTransactionSpoiling(this.prng);
    const sound = eventText(payment, 0, this.formatTime(nowMs), this.processingMs());
    output.transaction(spoiling.spoil(sound), this.keyOf(payment));
    this.transactions.malformed(spoiling.code);
    this.records++;
  }

  private emitSignals(nowMs: number): void {
    for (
      let next = this.signalQueue.peek();
      next !== undefined && next.dueMs <= nowMs;
      next = this.signalQueue.peek()
    ) {
      this.signalQueue.pop();
      this.emitSignal(next, next.dueMs);
    }
  }

  private emitSignal({ payment, score }: SignalTask, eventMs: number): void {
    const { output, options } = this.given;
    const id = `${options.run}f${(this.signalCount++).toString(36)}`;
    const sound = signalText({
      id,
      transactionId: payment.id,
      userId: payment.userId,
      score,
      reason: this.prng.pick(SIGNAL_REASONS),
      eventTime: this.formatTime(eventMs),
    });
    const key = options.key === "none" ? null : payment.userId;
    if (this.prng.chance(options.malformedRate)) {
      const spoiling = pickSignalSpoiling(this.prng);
      output.signal(spoiling.spoil(sound), key);
      this.signals.malformed(spoiling.code);
      return;
    }
    output.signal(sound, key);
    this.signals.accept(eventMs, null, 0);
    if (this.prng.chance(options.duplicateRate)) {
      output.signal(sound, key);
      this.signals.duplicate();
    }
    if (score < 0.5) return;
    const severity = score >= 0.8 ? "HIGH" : "MEDIUM";
    if (payment.lastDay < 0) payment.signalsAhead.push({ signal: id, severity });
    else output.truth({ kind: "fraud_score", signal: id, transaction: payment.id, severity });
  }

  /** Nine in ten harmless; the thresholds themselves and their neighbours come up too. */
  private score(): number {
    const { prng } = this;
    const luck = prng.float();
    if (luck < 0.01) return prng.pick([0.4999, 0.5, 0.7999, 0.8] as const);
    const score = luck < 0.9 ? prng.between(0, 0.4999) : luck < 0.98 ? prng.between(0.5, 0.8) : prng.between(0.8, 1);
    return Math.round(score * 10_000) / 10_000;
  }

  private pickCustomer(): number {
    return this.ordinary + this.prng.int(this.late - this.ordinary);
  }

  /** A cardholder whose card is, or is not, on the stolen list. */
  private pickHolder(stolen: boolean): number {
    const { world } = this.given;
    let holder = this.pickCustomer();
    for (let tries = 0; tries < 1_000 && world.isStolen(holder) !== stolen; tries++) holder = this.pickCustomer();
    return holder;
  }

  private keyOf(payment: Payment): string | null {
    switch (this.given.options.key) {
      case "customer":
        return payment.userId;
      case "payment":
        return payment.id;
      case "type":
        return payment.type;
      case "none":
        return null;
    }
  }

  private processingMs(): number {
    return Math.round(15 - Math.log(1 - this.prng.float()) * 40);
  }
}

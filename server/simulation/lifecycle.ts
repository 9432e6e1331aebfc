import type { PaymentStatus, PaymentType } from "../pipeline/records";
import { ACH_RETURNS, CARD_DECLINES, CHECK_RETURNS, DEBIT_RETURNS, SEPA_RETURNS, TRANSFER_DECLINES } from "./catalog";
import type { Prng } from "./prng";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One event of a payment's life. */
export interface Step {
  readonly status: PaymentStatus;
  /** After the step before, milliseconds. */
  readonly delayMs: number;
  readonly declineCode?: string;
  readonly returnCode?: string;
}

type Span = readonly [from: number, until: number];

/** How long things take, milliseconds. */
export interface Timing {
  readonly authorise: Span;
  readonly pend: Span;
  readonly settle: Span;
  readonly refund: Span;
  readonly chargeback: Span;
  readonly return: Span;
  readonly repeat: Span;
  readonly signal: Span;
  /** Over which the payments of one planted episode are spread. */
  readonly episodeMs: number;
  /** After which a blacklisted party pays once more. */
  readonly comeBackMs: number;
}

/** As rails really are, but settled within the business day. */
export const NATURAL: Timing = {
  authorise: [200, 2 * SECOND],
  pend: [MINUTE, 10 * MINUTE],
  settle: [20 * MINUTE, 3 * HOUR],
  refund: [DAY, 5 * DAY],
  chargeback: [5 * DAY, 20 * DAY],
  return: [DAY, 3 * DAY],
  repeat: [SECOND, MINUTE],
  signal: [100, 3 * SECOND],
  episodeMs: 40 * MINUTE,
  comeBackMs: 2 * HOUR,
};

/** The same lives within minutes, for a console that is watched. */
export const COMPRESSED: Timing = {
  authorise: [50, 400],
  pend: [SECOND, 5 * SECOND],
  settle: [5 * SECOND, MINUTE],
  refund: [MINUTE, 10 * MINUTE],
  chargeback: [2 * MINUTE, 20 * MINUTE],
  return: [MINUTE, 10 * MINUTE],
  repeat: [100, 2 * SECOND],
  signal: [50, SECOND],
  episodeMs: 15 * SECOND,
  comeBackMs: 20 * SECOND,
};

/** How a payment of each rail goes, and how often it goes wrong. */
export function lifeOf(type: PaymentType, prng: Prng, timing: Timing): Step[] {
  const step = (status: PaymentStatus, span: Span, codes: Partial<Step> = {}): Step => ({
    status,
    delayMs: prng.between(span[0], span[1]),
    ...codes,
  });
  const received: Step = { status: "RECEIVED", delayMs: 0 };
  const declined = (codes: readonly [string, ...string[]]) =>
    step("DECLINED", timing.authorise, { declineCode: prng.pick(codes) });
  const returned = (codes: readonly [string, ...string[]]) =>
    step("RETURNED", timing.return, { returnCode: prng.pick(codes) });
  const settled = step("SETTLED", timing.settle);
  const pending = step("PENDING", timing.pend);
  const failed = step("FAILED", timing.settle);
  const luck = prng.float();
  switch (type) {
    case "CARD":
      if (luck < 0.03) return [received, declined(CARD_DECLINES)];
      if (luck < 0.05) return [received, step("APPROVED", timing.authorise), settled, step("REFUNDED", timing.refund)];
      if (luck < 0.054)
        return [received, step("APPROVED", timing.authorise), settled, step("CHARGEBACK", timing.chargeback)];
      return [received, step("APPROVED", timing.authorise), settled];
    case "ACH":
      if (luck < 0.01) return [received, pending, failed];
      return luck < 0.022 ? [received, pending, settled, returned(ACH_RETURNS)] : [received, pending, settled];
    case "DIRECT_DEBIT":
      return luck < 0.02 ? [received, pending, settled, returned(DEBIT_RETURNS)] : [received, pending, settled];
    case "CHECK":
      return luck < 0.015 ? [received, pending, settled, returned(CHECK_RETURNS)] : [received, pending, settled];
    case "SEPA":
      return luck < 0.005 ? [received, settled, returned(SEPA_RETURNS)] : [received, settled];
    case "WIRE":
      return luck < 0.01 ? [received, pending, failed] : [received, pending, settled];
    case "RTP":
      return luck < 0.015 ? [received, declined(TRANSFER_DECLINES)] : [received, step("SETTLED", timing.authorise)];
    case "STANDING_ORDER":
      return luck < 0.01 ? [received, failed] : [received, settled];
    case "P2P":
      return [{ status: "APPROVED", delayMs: 0 }, step("SETTLED", timing.authorise)];
  }
}

/** Events per payment of `lifeOf`, on average over the rails' shares. */
export const EVENTS_PER_PAYMENT = 2.78;

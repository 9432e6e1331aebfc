import type { Booked, Paid } from "./books";

/** A world of threads: payments of one reference, and the lines that bear it. */
export interface Thread {
  readonly reference: string;
  readonly paid: readonly Paid[];
  readonly booked: readonly Booked[];
}

const TOLERANCE = 1n;

interface Step {
  readonly paid: Paid;
  readonly minor: bigint;
  readonly currency: string;
  answer: string | null;
}
interface Line {
  readonly booked: Booked;
  readonly minor: bigint;
  readonly currency: string;
  answer: string | null;
}

const magnitude = (minor: bigint): bigint => (minor < 0n ? -minor : minor);
const bySize = (a: { minor: bigint }, b: { minor: bigint }): number =>
  magnitude(a.minor) < magnitude(b.minor) ? -1 : magnitude(a.minor) > magnitude(b.minor) ? 1 : 0;
const open = <T extends Step | Line>(items: readonly T[]): T[] => items.filter(({ answer }) => answer === null);
const sum = (items: readonly { minor: bigint }[]): bigint => items.reduce((total, { minor }) => total + minor, 0n);

/**
 * What must become of every item of a thread, worked out by hand for one thread at a time, without any SQL: the oracle of the
 * reconciliation's own rules. "internal matched 1 EUR 100" and so on, sorted.
 */
export function recount({ paid, booked }: Thread): string[] {
  const steps: Step[] = [...paid]
    .sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : (a.hour ?? 9) - (b.hour ?? 9)))
    .map((one) => ({
      paid: one,
      minor: (one.status ?? "SETTLED") === "SETTLED" ? magnitude(one.amount) : -magnitude(one.amount),
      currency: one.currency ?? "EUR",
      answer: null,
    }));
  const lines: Line[] = [...booked]
    .sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0))
    .map((one) => ({ booked: one, minor: one.amount, currency: one.currency ?? "EUR", answer: null }));
  sameAmount(steps, lines);
  const groups = [...new Set([...steps, ...lines].map(({ currency }) => currency))];
  for (const currency of groups) for (const sign of [true, false]) tolerated(steps, lines, currency, sign);
  for (const currency of groups) sums(steps, lines, currency);
  for (const currency of groups) for (const sign of [true, false]) split(steps, lines, currency, sign);
  for (const currency of groups) for (const sign of [true, false]) differing(steps, lines, currency, sign);
  crossed(steps, lines);
  alone(steps, lines);
  return [
    ...steps.map(({ answer, currency, minor }) => `internal ${answer} ${currency} ${minor}`),
    ...lines.map(({ answer, currency, minor }) => `bank ${answer} ${currency} ${minor}`),
  ].sort();
}

function sameAmount(steps: readonly Step[], lines: readonly Line[]): void {
  for (const step of steps) {
    const line = open(lines).find((one) => one.currency === step.currency && one.minor === step.minor);
    if (line === undefined) continue;
    step.answer = "matched 1";
    line.answer = "matched 1";
  }
}

const sided = (items: readonly (Step | Line)[], currency: string, sign: boolean) =>
  open(items)
    .filter((one) => one.currency === currency && one.minor > 0n === sign)
    .sort(bySize);

function tolerated(steps: readonly Step[], lines: readonly Line[], currency: string, sign: boolean): void {
  const others = sided(lines, currency, sign);
  for (const [index, step] of sided(steps, currency, sign).entries()) {
    const line = others[index];
    if (line === undefined || magnitude(line.minor - step.minor) > TOLERANCE) continue;
    step.answer = "matched 2";
    line.answer = "matched 2";
  }
}

function sums(steps: readonly Step[], lines: readonly Line[], currency: string): void {
  const ours = open(steps).filter((one) => one.currency === currency);
  const theirs = open(lines).filter((one) => one.currency === currency);
  if (
    ours.length === 0 ||
    theirs.length === 0 ||
    ours.length + theirs.length <= 2 ||
    sum(ours) === 0n ||
    sum(ours) !== sum(theirs)
  )
    return;
  const answer = ours.length > 1 && theirs.length > 1 ? "matched 4" : "matched 3";
  for (const one of [...ours, ...theirs]) one.answer = answer;
}

function split(steps: readonly Step[], lines: readonly Line[], currency: string, sign: boolean): void {
  const [ours, theirs] = [sided(steps, currency, sign), sided(lines, currency, sign)];
  if (ours.length === 0 || theirs.length < 2 || magnitude(sum(theirs)) >= magnitude(sum(ours))) return;
  for (const one of [...ours, ...theirs]) one.answer = "break split_incomplete";
}

function differing(steps: readonly Step[], lines: readonly Line[], currency: string, sign: boolean): void {
  const others = sided(lines, currency, sign);
  for (const [index, step] of sided(steps, currency, sign).entries()) {
    const line = others[index];
    if (line === undefined) continue;
    const shifted = [10n, 100n, 1000n].some((by) => step.minor * by === line.minor || line.minor * by === step.minor);
    const over = magnitude(line.minor) > magnitude(step.minor);
    step.answer = `break ${shifted ? "exponent" : over ? "amount_over" : "amount_under"}`;
    line.answer = step.answer;
  }
}

function crossed(steps: readonly Step[], lines: readonly Line[]): void {
  const others = open(lines)
    .filter(({ booked }) => booked.returned !== true)
    .sort(bySize);
  for (const [index, step] of open(steps).sort(bySize).entries()) {
    const line = others[index];
    if (line === undefined) continue;
    step.answer = `break ${step.currency === line.currency ? "direction" : "currency"}`;
    line.answer = step.answer;
  }
}

function alone(steps: readonly Step[], lines: readonly Line[]): void {
  const isTaken = (items: readonly (Step | Line)[], one: Step | Line) =>
    items.some(
      ({ answer, currency, minor }) =>
        answer?.startsWith("matched") && currency === one.currency && minor === one.minor,
    );
  const known = steps.length > 0;
  const settled = steps.some(({ paid }) => (paid.status ?? "SETTLED") === "SETTLED");
  const answers = new Map<Step | Line, string>();
  for (const line of open(lines)) {
    if (isTaken(lines, line)) answers.set(line, "duplicate_external");
    else if (known && settled && line.minor < 0n) answers.set(line, "returned");
    else if (!known && line.booked.returned === true) answers.set(line, "return_unmatched");
    else answers.set(line, "missing_internal");
  }
  for (const step of open(steps)) {
    const same = steps.filter(({ paid }) => (paid.status ?? "SETTLED") === (step.paid.status ?? "SETTLED"));
    answers.set(step, isTaken(same, step) ? "duplicate_internal" : "missing_external");
  }
  for (const [one, kind] of answers) one.answer = `break ${kind}`;
}

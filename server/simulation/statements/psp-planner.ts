import { exponentOf } from "../../domain/money";
import { expectedFee } from "../../domain/terms/fees";
import type { BusinessDate } from "../../domain/time";
import type { Merchant } from "../world";
import { feePlanOf, pspOf, settlementCurrency } from "./accounts";
import type { PlannerParts } from "./bank-planner";
import type { Due } from "./due-dates";
import type { BreakKind } from "./kinds";
import type { PspLine } from "./lines";
import type { Movement } from "./movement";
import { Picker } from "./picker";
import { convert, rateOn, rateText, shiftedRate } from "./rates";
import type { PlantedBreak } from "./truth-of-money";

const DIFFERENCE_FROM_MINOR = 2_000n;
const FX_SHIFT_PERCENT = 3n;
const DAY_MS = 86_400_000;

const KINDS = [
  "missing_external",
  "missing_internal",
  "amount_over",
  "amount_under",
  "exponent",
  "fx_rate",
  "fee_variance",
  "duplicate_external",
  "reference_mismatch",
  "returned",
] as const satisfies readonly BreakKind[];
type Kind = (typeof KINDS)[number];

/** A card payment as its processor is meant to report it. */
interface Report {
  readonly movement: Movement;
  readonly merchant: Merchant;
  readonly currency: string;
  readonly due: Due;
  readonly line: PspLine;
}

/** Cards: what processors' reports say of sales, refunds and disputes, each in the payout of its day. */
export class PspPlanner {
  private readonly picker: Picker<Kind>;

  constructor(private readonly parts: PlannerParts) {
    this.picker = new Picker(parts.seed + 3, parts.rate, KINDS);
  }

  moved(movement: Movement): void {
    const { tally, until } = this.parts;
    const report = this.reportOf(movement);
    if (report === null) return;
    tally.movement();
    if (report.due.date > until) {
      tally.notYetDue();
      return;
    }
    const kind = report.line.category === "charge" ? this.picker.pick((one) => this.fits(one, report)) : null;
    if (kind === null) this.put(report, {});
    else this.plant(kind, report);
  }

  private reportOf(movement: Movement): Report | null {
    const { payment, step, eventMs } = movement;
    const { merchant } = payment;
    if (merchant === null) return null;
    const category = step.status === "SETTLED" ? "charge" : step.status === "REFUNDED" ? "refund" : "dispute";
    const currency = settlementCurrency(payment.currency);
    const due = this.parts.dates.due("CARD", currency, eventMs);
    const sign = category === "charge" ? 1n : -1n;
    const facing = BigInt(payment.amountMinor);
    const rate = this.rateOf(payment.currency, currency, eventMs);
    const gross = rate === null ? facing : convert(facing, payment.currency, currency, rate);
    const line: PspLine = {
      category,
      row: this.parts.numbers.pspRow(),
      pspReference: payment.reference,
      order: `O${payment.id.toUpperCase()}`,
      createdMs: eventMs,
      facingMinor: sign * facing,
      facingCurrency: payment.currency,
      rate: rate === null ? "1" : rateText(rate),
      grossMinor: sign * gross,
      feeMinor: category === "charge" ? this.feeOf(merchant, currency, gross, eventMs) : 0n,
      country: merchant.country.code,
    };
    return { movement, merchant, currency, due, line };
  }

  private rateOf(from: string, to: string, atMs: number) {
    return from === to ? null : rateOn(this.parts.rateSeed, from, to, dateOf(atMs));
  }

  private feeOf(merchant: Merchant, currency: string, grossMinor: bigint, atMs: number): bigint {
    const plan = feePlanOf(pspOf(merchant.id), currency);
    const amount = { amountMinor: grossMinor, currency };
    const exponent = exponentOf(currency) ?? 2;
    return expectedFee(plan, { amount, paymentType: "CARD", on: dateOf(atMs), exponent })?.feeMinor ?? 0n;
  }

  private fits(kind: Kind, { movement: { payment }, due, line }: Report): boolean {
    if (payment.steps.at(-1)?.status !== "SETTLED") return false;
    const isConverted = line.rate !== "1";
    switch (kind) {
      case "amount_over":
      case "amount_under":
      case "exponent":
        return !isConverted && line.grossMinor >= DIFFERENCE_FROM_MINOR;
      case "fx_rate":
        return isConverted && line.grossMinor >= DIFFERENCE_FROM_MINOR;
      case "fee_variance":
        return line.grossMinor >= DIFFERENCE_FROM_MINOR;
      case "returned":
        return this.parts.dates.later(due, 1) <= this.parts.until;
      default:
        return true;
    }
  }

  private plant(kind: Kind, report: Report): void {
    const { line, movement } = report;
    const tell = (facts: Partial<PlantedBreak>) => this.parts.tally.break(this.planted(kind, report, facts));
    const amount = (gross: bigint) => {
      const feeMinor = this.feeOf(report.merchant, report.currency, gross, movement.eventMs);
      const told = this.put(report, { grossMinor: gross, facingMinor: gross, feeMinor });
      tell({ ...told, field: "amount", expected: String(line.grossMinor), found: String(gross) });
    };
    switch (kind) {
      case "missing_external":
        tell({});
        return;
      case "missing_internal":
        this.put(report, {});
        this.putUnknown(report);
        return;
      case "amount_over":
        amount(line.grossMinor + line.grossMinor / 5n);
        return;
      case "amount_under":
        amount(line.grossMinor - line.grossMinor / 5n);
        return;
      case "exponent":
        amount(line.grossMinor * 10n ** BigInt(1 + (this.picker.random(1) % 3)));
        return;
      case "fx_rate":
        this.plantRate(report, tell);
        return;
      case "fee_variance": {
        const found = line.feeMinor + line.feeMinor / 2n + 1n;
        const told = this.put(report, { feeMinor: found });
        tell({ ...told, field: "fee", expected: String(line.feeMinor), found: String(found) });
        return;
      }
      case "duplicate_external":
        this.put(report, {});
        tell(this.put(report, { row: this.parts.numbers.pspRow() }));
        return;
      case "reference_mismatch": {
        const found = `${line.pspReference.slice(0, -1)}.`;
        const told = this.put(report, { pspReference: found, order: `${line.order.slice(0, -1)}.` });
        tell({ ...told, field: "reference", expected: line.pspReference, found });
        return;
      }
      case "returned":
        this.plantDispute(report, tell);
    }
  }

  /** Converted at a rate that was nobody's that day, the fee as agreed on what came of it. */
  private plantRate(report: Report, tell: (facts: Partial<PlantedBreak>) => void): void {
    const { line, movement, currency } = report;
    const { payment, eventMs } = movement;
    const agreed = this.rateOf(payment.currency, currency, eventMs);
    if (agreed === null) return;
    const rate = shiftedRate(agreed, -FX_SHIFT_PERCENT);
    const gross = convert(BigInt(payment.amountMinor), payment.currency, currency, rate);
    const feeMinor = this.feeOf(report.merchant, currency, gross, eventMs);
    const told = this.put(report, { rate: rateText(rate), grossMinor: gross, feeMinor });
    tell({ ...told, field: "rate", expected: line.rate, found: rateText(rate) });
  }

  /** The customer disputed it; our side has not heard. */
  private plantDispute(report: Report, tell: (facts: Partial<PlantedBreak>) => void): void {
    const { line } = report;
    const { dates, numbers } = this.parts;
    this.put(report, {});
    const date = dates.later(report.due, 1);
    const dispute: Partial<PspLine> = {
      category: "dispute",
      row: numbers.pspRow(),
      createdMs: line.createdMs + DAY_MS,
      facingMinor: -line.facingMinor,
      grossMinor: -line.grossMinor,
      feeMinor: 0n,
    };
    const told = this.put(report, dispute, date);
    tell({ ...told, date, field: "status", expected: "SETTLED", found: "CHARGEBACK" });
  }

  private putUnknown(report: Report): void {
    const { numbers, tally } = this.parts;
    const row = numbers.pspRow();
    const pspReference = `PSP-EXT${row.toUpperCase()}`;
    const gross = DIFFERENCE_FROM_MINOR + BigInt(this.picker.random(5) % 100_000);
    const { currency } = report;
    const told = this.put(report, {
      row,
      pspReference,
      order: `OEXT${row.toUpperCase()}`,
      facingMinor: gross,
      facingCurrency: currency,
      rate: "1",
      grossMinor: gross,
      feeMinor: this.feeOf(report.merchant, currency, gross, report.movement.eventMs),
    });
    const facts = { ...told, transaction: null, reference: pspReference, expectedBy: null, currency };
    tally.break(this.planted("missing_internal", report, { ...facts, amountMinor: String(gross) }), 0);
  }

  private put({ merchant, currency, due, line }: Report, change: Partial<PspLine>, date: BusinessDate = due.date) {
    const whole: PspLine = { ...line, ...change };
    const file = this.parts.book.psp(pspOf(merchant.id), currency, date, whole);
    return { file, line: whole.row };
  }

  private planted(
    name: BreakKind,
    { movement: { payment }, merchant, due }: Report,
    facts: Partial<PlantedBreak>,
  ): Omit<PlantedBreak, "kind"> {
    return {
      name,
      transaction: payment.id,
      other: null,
      reference: payment.reference,
      account: pspOf(merchant.id),
      file: null,
      line: null,
      date: due.date,
      expectedBy: due.expectedBy,
      currency: payment.currency,
      amountMinor: String(payment.amountMinor),
      field: null,
      expected: null,
      found: null,
      ...facts,
    };
  }
}

const dateOf = (ms: number): BusinessDate => new Date(ms).toISOString().slice(0, 10) as BusinessDate;

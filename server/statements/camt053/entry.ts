import type { MoneyValue } from "../../domain/answer";
import type { BusinessDate } from "../../domain/time";
import { type Exponents, magnitude, tellAmount } from "../amounts";
import type { DateAndTime } from "../dates";
import { type FaultPlace, refuse } from "../faults";
import type { Direction } from "../model";
import type { StatementBuilder } from "../statement-builder";
import {
  amountOf,
  chargesOf,
  counterpartyOf,
  dateOf,
  directionOf,
  exchangeRateOf,
  instructedOf,
  referencesOf,
  remittanceOf,
  returnCodeOf,
  statusOf,
  transactionCodeOf,
} from "./fields";
import { at, child, textAt, type XmlNode } from "./tree";

export interface EntryContext {
  readonly builder: StatementBuilder;
  readonly exponents: Exponents;
  readonly where: () => FaultPlace;
  readonly path: string;
  /** The day to book an entry on that has neither booking nor value date. */
  readonly dateElse: () => BusinessDate | null;
}

/** One Ntry element. Its payments arrive one by one, before it ends; a single one is merged into the entry. */
export class CamtEntry {
  private first: XmlNode | null = null;
  private payments = 0;
  private sumMinor = 0n;
  private chargesMinor = 0n;
  /** False once a payment has no amount, or one in another currency: then nothing can be added up. */
  private summable = true;
  private stated = false;
  private batchId: string | null = null;
  private untold = 0;
  private readonly ofGroup = { payments: 0, sumMinor: 0n, chargesMinor: 0n, summable: true };
  private readonly direction: Direction;
  private readonly reversal: boolean;
  private readonly amount: MoneyValue;

  constructor(
    private readonly node: XmlNode,
    private readonly context: EntryContext,
  ) {
    const where = context.where();
    this.amount =
      amountOf(child(node, "Amt"), context.exponents, where) ??
      refuse("missing_amount", "The entry has no amount.", where);
    this.direction = directionOf(node, where) ?? refuse("missing_direction", "The entry has no CdtDbtInd.", where);
    const reversal = textAt(node, "RvslInd");
    this.reversal = reversal === "true" || reversal === "1";
  }

  payment(node: XmlNode): void {
    this.payments++;
    this.ofGroup.payments++;
    this.addUp(node);
    if (this.payments === 1) {
      this.first = node;
      return;
    }
    if (this.first !== null) this.emit(this.first);
    this.first = null;
    this.emit(node);
  }

  /** A NtryDtls has ended: the number of payments its batch states is the number it holds, or it holds none at all. */
  group(node: XmlNode): void {
    const batch = child(node, "Btch");
    this.batchId ??= textAt(batch, "PmtInfId") ?? textAt(batch, "MsgId");
    const { ofGroup } = this;
    const where = this.context.where();
    const stated = textAt(batch, "NbOfTxs");
    if (stated !== null && !/^\d{1,15}$/.test(stated))
      refuse("bad_field", `"${stated}" is no number of payments.`, where);
    if (stated !== null && ofGroup.payments > 0 && Number(stated) !== ofGroup.payments)
      refuse("detail_count_mismatch", `The batch states ${stated} payments and holds ${ofGroup.payments}.`, where, {
        expected: stated,
        found: ofGroup.payments,
      });
    if (ofGroup.payments === 0) this.untold += Number(stated ?? "0");
    else if (ofGroup.summable) this.checkGroup(batch, where);
    Object.assign(ofGroup, { payments: 0, sumMinor: 0n, chargesMinor: 0n, summable: true });
  }

  finish(): void {
    const { node, context, first, direction, reversal } = this;
    const where = context.where();
    this.checkSum(where);
    const single = first ?? undefined;
    const booked = dateOf(child(node, "BookgDt"), where);
    const value = dateOf(child(node, "ValDt"), where);
    context.builder.entry({
      where,
      place: context.path,
      status: statusOf(node, where),
      ...this.bookingDay(booked, value, where),
      bookedAt: booked?.at ?? null,
      valueDate: value?.date ?? null,
      amount: this.amount,
      direction,
      reversal,
      code: transactionCodeOf(node) ?? transactionCodeOf(single),
      returnCode: returnCodeOf(single),
      ...(this.payments === 0 && this.untold > 0 ? { untold: this.untold } : {}),
      batchId: this.batchId ?? textAt(single, "Refs", "PmtInfId"),
      references: referencesOf(single, node),
      counterparty: counterpartyOf(single, direction, reversal),
      remittance: joined(remittanceOf(single), textAt(node, "AddtlNtryInf")),
      charges: [...chargesOf(node, context.exponents, where), ...chargesOf(single, context.exponents, where)],
      instructed: instructedOf(single) ?? instructedOf(node),
      exchangeRate: exchangeRateOf(single) ?? exchangeRateOf(node),
    });
  }

  private bookingDay(booked: DateAndTime | null, value: DateAndTime | null, where: FaultPlace) {
    if (booked !== null) return { bookingDate: booked.date };
    if (value !== null) return { bookingDate: value.date, bookingDateFrom: "value_date" as const };
    const date = this.context.dateElse();
    if (date === null) return refuse("missing_date", "The entry has neither booking nor value date.", where);
    return { bookingDate: date, bookingDateFrom: "statement" as const };
  }

  private emit(node: XmlNode): void {
    const { context } = this;
    const where = context.where();
    const direction = directionOf(node, where) ?? this.direction;
    const amount = this.amountOfPayment(node, where);
    context.builder.detail({
      amount: amount === null || direction === "credit" ? amount : { ...amount, amountMinor: -amount.amountMinor },
      returnCode: returnCodeOf(node),
      references: referencesOf(node, { name: "Ntry", currency: null, children: [], text: "" }),
      counterparty: counterpartyOf(node, direction, this.reversal),
      remittance: remittanceOf(node),
      charges: chargesOf(node, context.exponents, where),
      instructed: instructedOf(node),
      exchangeRate: exchangeRateOf(node),
    });
  }

  /** Amt from version 3 on; up to version 2 the transaction amount of AmtDtls. */
  private amountOfPayment(node: XmlNode, where: FaultPlace): MoneyValue | null {
    const element = child(node, "Amt") ?? at(node, "AmtDtls", "TxAmt", "Amt");
    return amountOf(element, this.context.exponents, where);
  }

  private addUp(node: XmlNode): void {
    const where = this.context.where();
    const amount = this.amountOfPayment(node, where);
    if (child(node, "Amt") !== undefined) this.stated = true;
    if (amount === null || amount.currency !== this.amount.currency) {
      this.summable = false;
      this.ofGroup.summable = false;
      return;
    }
    const credit = (directionOf(node, where) ?? this.direction) === "credit";
    const signedMinor = credit ? amount.amountMinor : -amount.amountMinor;
    const chargesMinor = this.chargesIn(node, where);
    this.sumMinor += signedMinor;
    this.chargesMinor += chargesMinor;
    this.ofGroup.sumMinor += signedMinor;
    this.ofGroup.chargesMinor += chargesMinor;
  }

  private chargesIn(node: XmlNode, where: FaultPlace): bigint {
    return chargesOf(node, this.context.exponents, where)
      .filter((charge) => charge.currency === this.amount.currency)
      .reduce((sum, charge) => sum + charge.amountMinor, 0n);
  }

  /** The total a batch states is that of its payments, with or without their charges. */
  private checkGroup(batch: XmlNode | undefined, where: FaultPlace): void {
    const total = amountOf(child(batch, "TtlAmt"), this.context.exponents, where);
    if (total === null || total.currency !== this.amount.currency) return;
    const { sumMinor, chargesMinor } = this.ofGroup;
    if ([sumMinor, sumMinor - chargesMinor].some((sum) => magnitude(sum) === total.amountMinor)) return;
    const [expected, found] = [total.amountMinor, magnitude(sumMinor)].map((minor) =>
      tellAmount(minor, total.currency, total.exponent),
    );
    refuse("detail_total_mismatch", `The batch states ${expected} and holds payments of ${found}.`, where, {
      expected: expected ?? "",
      found: found ?? "",
      figures: true,
    });
  }

  /** The payments make the entry, or do once the charges stated beside them are taken off. */
  private checkSum(where: FaultPlace): void {
    if (!this.summable || this.payments === 0 || (this.payments === 1 && !this.stated)) return;
    const { amountMinor, currency, exponent } = this.amount;
    const entryMinor = this.direction === "credit" ? amountMinor : -amountMinor;
    const charges = [this.chargesMinor, this.chargesIn(this.node, where)];
    const explained = [0n, ...charges, (charges[0] ?? 0n) + (charges[1] ?? 0n)];
    if (explained.some((charge) => this.sumMinor - charge === entryMinor)) return;
    refuse(
      "detail_total_mismatch",
      `The ${this.payments} payments add up to ${tellAmount(this.sumMinor, currency, exponent)}, the entry is ${tellAmount(entryMinor, currency, exponent)}.`,
      where,
      {
        expected: tellAmount(entryMinor, currency, exponent),
        found: tellAmount(this.sumMinor, currency, exponent),
        figures: true,
      },
    );
  }
}

const joined = (first: string | null, second: string | null): string | null =>
  first === null || second === null || first.includes(second) ? (first ?? second) : `${first} ${second}`;

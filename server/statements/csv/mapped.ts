import type { MoneyValue } from "../../domain/answer";
import {
  type BusinessDate,
  businessDate,
  createZoneClock,
  dayNumberOf,
  type LocalTime,
  type Micros,
} from "../../domain/time";
import { compileField, isFault } from "../../pipeline/decode/field";
import { compilePattern } from "../../pipeline/decode/time-text";
import type { FieldRule } from "../../pipeline/mapping/schema";
import { type Exponents, exponentFor, magnitude, readDecimal, readMinor, tellAmount } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { readIsoDate } from "../dates";
import { type FaultPlace, refuse } from "../faults";
import type { Direction, StatementBalance } from "../model";
import type { StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import type { CsvStatementMapping, DateRule } from "./mapping";
import { type CsvRow, type CsvTable, readRows, refuseOpenEnd } from "./rows";

const ACCOUNTS_MAX = 10_000;

/** Reads CSV by a mapping: one statement per account and currency, its balance column checked row by row. */
export const readMappedCsv: StatementParser = async function* (input, assembler, facts) {
  const { mapping } = facts;
  if (mapping === undefined) return refuse("unknown_format", "A CSV file needs a mapping.", {});
  let reader: MappedReader | null = null;
  let last = 0;
  const options = { ...mapping, columns: mapping.columns ?? null };
  const exponents = { ...facts.exponents, ...mapping.exponents };
  for await (const rows of readRows(input, options, (table) => {
    reader = new MappedReader(assembler, mapping, table, exponents);
  })) {
    for (const row of rows) {
      (reader as MappedReader | null)?.row(row);
      last = row.row;
    }
    yield;
  }
  if (mapping.balance_after === undefined && !mapping.open_end) refuseOpenEnd(input, last);
  (reader as MappedReader | null)?.end();
};

type TextReader = (row: CsvRow) => string | null;

interface Open {
  readonly builder: StatementBuilder;
  /** Oldest first: the balance after the last row. Newest first: the balance before it. */
  balance: StatementBalance | null;
  newest: StatementBalance | null;
}

class MappedReader {
  private readonly open = new Map<string, Open>();
  private readonly fields: Readonly<Record<string, TextReader>>;
  private readonly bookingDate: (row: CsvRow) => { date: BusinessDate; at: Micros | null } | null;
  private readonly valueDate: ((row: CsvRow) => { date: BusinessDate } | null) | null;
  private readonly clean: (text: string) => string;

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly mapping: CsvStatementMapping,
    private readonly table: CsvTable,
    private readonly exponents: Exponents,
  ) {
    const { references, counterparty } = mapping;
    for (const [name, column] of plainColumns(mapping)) {
      if (!table.columns.includes(column)) this.missingColumn(column, name);
    }
    this.fields = {
      account: this.field("account", mapping.account),
      accountName: this.field("account_name", mapping.account_name),
      institution: this.field("institution", mapping.institution),
      currency: this.field("currency", mapping.currency),
      status: this.field("status", mapping.status),
      reversal: this.field("reversal", mapping.reversal),
      code: this.field("code", mapping.code),
      returnCode: this.field("return_code", mapping.return_code),
      batchId: this.field("batch_id", mapping.batch_id),
      endToEndId: this.field("end_to_end_id", references.end_to_end_id),
      instructionId: this.field("instruction_id", references.instruction_id),
      transactionId: this.field("transaction_id", references.transaction_id),
      bankReference: this.field("bank_reference", references.bank_reference),
      customerReference: this.field("customer_reference", references.customer_reference),
      mandateId: this.field("mandate_id", references.mandate_id),
      creditorReference: this.field("creditor_reference", references.creditor_reference),
      pspReference: this.field("psp_reference", references.psp_reference),
      partyName: this.field("counterparty.name", counterparty.name),
      partyAccount: this.field("counterparty.account", counterparty.account),
      partyInstitution: this.field("counterparty.institution", counterparty.institution),
      remittance: this.field("remittance", mapping.remittance),
      direction: this.field("direction", "direction" in mapping.amount ? mapping.amount.direction : undefined),
    };
    this.bookingDate = this.dateReader(mapping.booking_date);
    this.valueDate = mapping.value_date === undefined ? null : this.dateReader(mapping.value_date);
    const { group_mark: group, decimal_mark: mark } = mapping;
    this.clean = (text) => {
      const whole = group === undefined ? text : text.replaceAll(group, "");
      return mark === "," ? whole.replace(",", ".") : whole;
    };
  }

  row(row: CsvRow): void {
    const where: FaultPlace = { row: row.row };
    const currency = this.text("currency", row) ?? refuse("missing_currency", "The row has no currency.", where);
    const signed = this.amount(row, currency, where);
    const open = this.openFor(row, currency, signed, where);
    const booked = this.bookingDate(row) ?? refuse("missing_date", "The row has no booking date.", where);
    const status = this.status(row, where);
    if (status === "booked") this.checkBalance(row, open, signed, where);
    const charge = this.mapping.charge === undefined ? null : this.money(row, this.mapping.charge, currency, where);
    const party = {
      name: this.text("partyName", row),
      account: this.text("partyAccount", row),
      institution: this.text("partyInstitution", row),
    };
    open.builder.entry({
      where,
      place: `row ${row.row}`,
      status,
      bookingDate: booked.date,
      bookedAt: booked.at,
      valueDate: this.valueDate?.(row)?.date ?? null,
      amount: { ...signed, amountMinor: magnitude(signed.amountMinor) },
      direction: signed.amountMinor < 0n ? "debit" : "credit",
      reversal: this.text("reversal", row) === "true",
      code: this.text("code", row),
      returnCode: this.text("returnCode", row),
      batchId: this.text("batchId", row),
      references: {
        endToEndId: this.text("endToEndId", row),
        instructionId: this.text("instructionId", row),
        transactionId: this.text("transactionId", row),
        bankReference: this.text("bankReference", row),
        customerReference: this.text("customerReference", row),
        mandateId: this.text("mandateId", row),
        creditorReference: this.text("creditorReference", row),
        pspReference: this.text("pspReference", row),
      },
      counterparty: party,
      remittance: this.text("remittance", row),
      charges: charge === null || charge.amountMinor === 0n ? [] : [{ ...charge, type: null, included: true }],
    });
  }

  end(): void {
    for (const { builder, balance, newest } of this.open.values()) {
      const controls =
        balance === null
          ? []
          : [{ kind: "running_balance", value: tellAmount(balance.amountMinor, balance.currency, balance.exponent) }];
      const closing = this.mapping.order === "oldest_first" ? balance : newest;
      builder.close({ closing, controls, needsBalances: false, where: {} });
    }
  }

  private field(name: string, rule: FieldRule | undefined): TextReader {
    const known = (column: string) => column === "position" || this.table.columns.includes(column);
    for (const column of columnsOf(rule)) if (!known(column)) this.missingColumn(column, name);
    const read = compileField(name, rule, this.table.format);
    return (row) => {
      const value = read(row.record);
      if (isFault(value)) return refuse("bad_field", `${name}: ${value.message}.`, { row: row.row, path: name });
      return value;
    };
  }

  private missingColumn(column: string, name: string): never {
    return refuse(
      "bad_structure",
      `The file has no column "${column}", which ${name} is read from.`,
      { row: 1, path: name },
      {
        expected: column,
        found: this.table.columns.join(", "),
      },
    );
  }

  private text(name: string, row: CsvRow): string | null {
    return this.fields[name]?.(row) ?? null;
  }

  private cell(row: CsvRow, column: string): string {
    return (row.record.cells[this.table.columns.indexOf(column)] ?? "").trim();
  }

  private money(row: CsvRow, column: string, currency: string, place: FaultPlace): MoneyValue | null {
    const where = { ...place, path: column };
    const text = this.cell(row, column);
    if (text === "") return null;
    const plain = this.clean(text);
    return this.mapping.unit === "minor"
      ? readMinor(plain, currency, this.exponents, where)
      : readDecimal(plain, currency, this.exponents, where);
  }

  /** Signed as the account's owner sees it: positive is a credit. */
  private amount(row: CsvRow, currency: string, where: FaultPlace): MoneyValue {
    const { amount } = this.mapping;
    const missing = (): never => refuse("missing_amount", "The row has no amount.", where);
    if ("signed" in amount) {
      const value = this.money(row, amount.signed, currency, where) ?? missing();
      return amount.positive === "credit" ? value : { ...value, amountMinor: -value.amountMinor };
    }
    if ("unsigned" in amount) {
      const value = this.money(row, amount.unsigned, currency, where) ?? missing();
      if (value.amountMinor < 0n)
        refuse("negative_amount", "The amount is negative, its direction stated apart.", where);
      return this.direction(row, where) === "credit" ? value : { ...value, amountMinor: -value.amountMinor };
    }
    const credit = this.money(row, amount.credit, currency, where);
    const debit = this.money(row, amount.debit, currency, where);
    if (credit === null && debit === null) missing();
    if (credit !== null && debit !== null && credit.amountMinor !== 0n && debit.amountMinor !== 0n)
      refuse("bad_field", "The row has both a credit and a debit.", where);
    const exponent = exponentFor(currency, this.exponents, where);
    // Some banks sign the debit column, some do not: it takes money out either way.
    const amountMinor = (credit?.amountMinor ?? 0n) - magnitude(debit?.amountMinor ?? 0n);
    if ((credit?.amountMinor ?? 0n) < 0n) refuse("negative_amount", "The credit is negative.", where);
    return { amountMinor, currency, exponent };
  }

  private direction(row: CsvRow, where: FaultPlace): Direction {
    const text = this.text("direction", row);
    if (text === "credit" || text === "debit") return text;
    return refuse("missing_direction", `"${text ?? ""}" is neither credit nor debit.`, where, {
      expected: "credit or debit",
      found: text ?? "nothing",
    });
  }

  private status(row: CsvRow, where: FaultPlace): "booked" | "pending" | "information" {
    const text = this.text("status", row) ?? "booked";
    if (text === "booked" || text === "pending" || text === "information") return text;
    return refuse("bad_field", `The status is "${text}".`, where, {
      expected: "booked, pending or information",
      found: text,
    });
  }

  private openFor(row: CsvRow, currency: string, signed: MoneyValue, where: FaultPlace): Open {
    const account = this.text("account", row) ?? refuse("missing_account", "The row has no account.", where);
    const key = `${account}|${currency}`;
    const known = this.open.get(key);
    if (known !== undefined) return known;
    if (this.open.size >= ACCOUNTS_MAX) refuse("too_complex", `More than ${ACCOUNTS_MAX} accounts.`, where);
    const after = this.balanceAfter(row, currency, where);
    const oldestFirst = this.mapping.order === "oldest_first";
    const opening =
      after === null || !oldestFirst || this.status(row, where) !== "booked"
        ? null
        : { ...after, amountMinor: after.amountMinor - signed.amountMinor, code: "first row" };
    const builder = this.assembler.open(
      {
        account,
        accountName: this.text("accountName", row),
        institution: this.text("institution", row),
        currency,
        exponent: signed.exponent,
        opening,
      },
      where,
    );
    const open: Open = { builder, balance: oldestFirst ? opening : after, newest: after };
    this.open.set(key, open);
    return open;
  }

  private balanceAfter(row: CsvRow, currency: string, where: FaultPlace): StatementBalance | null {
    const { balance_after: column } = this.mapping;
    if (column === undefined) return null;
    const amount = this.money(row, column, currency, where);
    return amount === null ? null : { ...amount, date: null, code: column };
  }

  /** Each balance is the one before plus the row, or in a file that begins with the newest, the one after less the row. */
  private checkBalance(row: CsvRow, open: Open, signed: MoneyValue, where: FaultPlace): void {
    if (this.mapping.balance_after === undefined) return;
    const after =
      this.balanceAfter(row, signed.currency, where) ?? refuse("missing_amount", "The row has no balance.", where);
    const oldestFirst = this.mapping.order === "oldest_first";
    const before = open.balance;
    if (before !== null) {
      const expected = oldestFirst ? before.amountMinor + signed.amountMinor : before.amountMinor;
      if (after.amountMinor !== expected) {
        const [wanted, found] = [expected, after.amountMinor].map((minor) =>
          tellAmount(minor, after.currency, after.exponent),
        );
        refuse("running_balance_mismatch", `The balance is ${found}; by the rows before it is ${wanted}.`, where, {
          figures: true,
          expected: wanted ?? "",
          found: found ?? "",
        });
      }
    }
    open.balance = oldestFirst ? after : { ...after, amountMinor: after.amountMinor - signed.amountMinor };
    open.newest ??= after;
  }

  private dateReader(rule: DateRule): (row: CsvRow) => { date: BusinessDate; at: Micros | null } | null {
    const clock = rule.zone === undefined ? null : createZoneClock(rule.zone);
    const pattern = rule.format === "pattern" ? compilePattern(rule.pattern ?? "") : null;
    return (row) => {
      const text = this.cell(row, rule.from);
      const where = { row: row.row, path: rule.from };
      if (text === "") return null;
      if (pattern === null) return readIsoDate(text.replace(" ", "T"), where);
      const local = pattern(text);
      const day = local === null ? null : dayNumberOf(local.year, local.month, local.day);
      if (local === null || day === null)
        return refuse("bad_date", `"${text}" is not of the pattern ${rule.pattern}.`, where, { found: text });
      return {
        date: businessDate(day),
        at: hasTime(rule.pattern) ? (clock?.toInstant(local as LocalTime) ?? null) : null,
      };
    };
  }
}

const hasTime = (pattern: string | undefined): boolean => /H/.test(pattern ?? "");

/** The columns read as they are, by what they are for. */
function plainColumns(mapping: CsvStatementMapping): [string, string][] {
  const { amount } = mapping;
  const columns: [string, string | undefined][] = [
    ["booking_date", mapping.booking_date.from],
    ["value_date", mapping.value_date?.from],
    ["amount", "signed" in amount ? amount.signed : "unsigned" in amount ? amount.unsigned : amount.credit],
    ["amount", "debit" in amount ? amount.debit : undefined],
    ["charge", mapping.charge],
    ["balance_after", mapping.balance_after],
  ];
  return columns.flatMap(([name, column]) => (column === undefined ? [] : [[name, column]]));
}

/** The columns a rule reads, so that a file without them is refused at its header and not row by row. */
function columnsOf(rule: FieldRule | undefined): string[] {
  if (rule === undefined) return [];
  if (typeof rule === "string") return [rule];
  if ("from" in rule) return [rule.from];
  if ("template" in rule) return [...rule.template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? "");
  return "cases" in rule ? rule.cases.map(({ when }) => when.field) : [];
}

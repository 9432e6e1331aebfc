import type { BusinessDate } from "../../domain/time";
import { type Exponents, exponentFor, readMinor } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { type FaultPlace, refuse, type StatementFaultCode } from "../faults";
import { decodeLine, readLines } from "../lines";
import type { StatementBalance } from "../model";
import type { SourceFacts, StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import { directionOf, isReturn, readAsOf, readFunds, readText } from "./fields";
import { type BaiRecord, FieldCursor, RecordReader } from "./records";

const CURRENCY_ELSE = "USD";
const [OPENING_LEDGER, CLOSING_LEDGER, TOTAL_CREDITS, TOTAL_DEBITS] = ["010", "015", "100", "400"];
const GROUP_UPDATE = "1";
const GROUP_CORRECTION = "3";

/**
 * Reads BAI2 cash management files: each account (03 to 49) is a statement, each detail (16) an entry. Control totals and
 * record counts of accounts, groups and file are recomputed.
 */
export const readBai2: StatementParser = async function* (input, assembler, facts) {
  const reader = new Bai2Reader(assembler, facts);
  const records = new RecordReader((record) => reader.record(record));
  for await (const lines of readLines(input.chunks)) {
    for (const line of lines) records.line(decodeLine(line.bytes, facts.charset ?? null, line.number), line.number);
    yield;
  }
  records.end();
  reader.end();
};

interface Level {
  controlMinor: bigint;
  physical: number;
  children: number;
}

interface Group extends Level {
  readonly id: string;
  readonly originator: string;
  readonly asOf: BusinessDate;
  readonly currency: string;
}

interface Account extends Level {
  readonly builder: StatementBuilder;
  readonly currency: string;
  readonly closing: StatementBalance | null;
  readonly credits: Summary | null;
  readonly debits: Summary | null;
}

interface Summary {
  readonly amountMinor: bigint;
  /** Null where the bank states no number of items: then the total may hold items that are not reported. */
  readonly items: number | null;
}

class Bai2Reader {
  private file: (Level & { readonly id: string }) | null = null;
  private group: Group | null = null;
  private account: Account | null = null;
  private ended = false;
  private groups = 0;
  private lastLine = 1;
  private readonly exponents: Exponents;

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly facts: SourceFacts,
  ) {
    this.exponents = facts.exponents ?? {};
  }

  record(record: BaiRecord): void {
    const where = { line: record.line };
    this.lastLine = record.line;
    if (this.ended) refuse("bad_structure", "A record stands after the file trailer (99).", where);
    if (record.code !== "01" && this.file === null)
      refuse("missing_file_header", `The file begins with a record ${record.code}.`, where, {
        expected: "01",
        found: record.code,
      });
    for (const level of [this.file, this.group, this.account]) if (level !== null) level.physical += record.physical;
    switch (record.code) {
      case "01":
        this.fileHeader(record, where);
        return;
      case "02":
        this.groupHeader(record, where);
        return;
      case "03":
        this.accountHeader(record, where);
        return;
      case "16":
        this.detail(record, where);
        return;
      case "49":
        this.accountTrailer(record, where);
        return;
      case "98":
        this.groupTrailer(record, where);
        return;
      default:
        this.fileTrailer(record, where);
        return;
    }
  }

  end(): void {
    if (this.ended) return;
    const where = { line: this.lastLine };
    if (this.account !== null || this.group !== null)
      refuse(
        "missing_batch_control",
        `The file ends inside ${this.account === null ? "a group" : "an account"}.`,
        where,
      );
    refuse("missing_file_control", "The file ends without its trailer (99).", where);
  }

  private fileHeader(record: BaiRecord, where: FaultPlace): void {
    if (this.file !== null) refuse("bad_structure", "A second file header (01).", where);
    const fields = new FieldCursor(record);
    const [sender, , created, , id] = [fields.next(), fields.next(), fields.next(), fields.next(), fields.next()];
    // Physical record length and blocking factor.
    for (let skip = 0; skip < 2; skip++) fields.next();
    const version = fields.next();
    if (version !== "2" && version !== "")
      refuse("unsupported_version", `The file is BAI version ${version}.`, where, { expected: "2", found: version });
    this.file = { id: [sender, created, id].join("-"), controlMinor: 0n, physical: record.physical, children: 0 };
  }

  private groupHeader(record: BaiRecord, where: FaultPlace): void {
    if (this.group !== null) refuse("missing_batch_control", "The group before has no trailer (98).", where);
    const fields = new FieldCursor(record);
    const [, originator, status, asOf, , currency] = Array.from({ length: 6 }, () => fields.next());
    if (status !== GROUP_UPDATE && status !== GROUP_CORRECTION)
      refuse("unsupported_group", `The group's status is ${status}: not an update or correction.`, where, {
        expected: "1 or 3",
        found: status ?? "",
      });
    this.groups++;
    this.group = {
      id: `${this.file?.id}#${this.groups}`,
      originator: originator ?? "",
      asOf: readAsOf(asOf ?? "", where),
      currency: currency === undefined || currency === "" ? CURRENCY_ELSE : currency,
      controlMinor: 0n,
      physical: record.physical,
      children: 0,
    };
  }

  private accountHeader(record: BaiRecord, where: FaultPlace): void {
    const { group } = this;
    if (group === null) refuse("bad_structure", "An account (03) stands outside a group.", where);
    if (this.account !== null) refuse("missing_batch_control", "The account before has no trailer (49).", where);
    const fields = new FieldCursor(record);
    const number = fields.next();
    const currency = fields.next() || group.currency;
    const summary = this.summaries(fields, currency, where);
    const balance = (code: string): StatementBalance | null => {
      const amountMinor = summary.amounts.get(code)?.amountMinor;
      if (amountMinor === undefined) return null;
      return { amountMinor, currency, exponent: exponentFor(currency, this.exponents, where), date: group.asOf, code };
    };
    const builder = this.assembler.open(
      {
        account: number,
        institution: group.originator,
        currency,
        exponent: exponentFor(currency, this.exponents, where),
        messageId: this.file?.id ?? null,
        period: { from: group.asOf, to: group.asOf },
        opening: balance(OPENING_LEDGER),
        // A bank may tell one account in several parts of a group; equal details in them are different ones.
        partOf: group.id,
      },
      where,
    );
    group.children++;
    this.account = {
      builder,
      currency,
      closing: balance(CLOSING_LEDGER),
      credits: summary.amounts.get(TOTAL_CREDITS) ?? null,
      debits: summary.amounts.get(TOTAL_DEBITS) ?? null,
      controlMinor: summary.controlMinor,
      physical: record.physical,
      children: 0,
    };
  }

  /** Type code, amount, item count and funds type of balances and totals, until the record ends. */
  private summaries(fields: FieldCursor, currency: string, where: FaultPlace) {
    const amounts = new Map<string, Summary>();
    let controlMinor = 0n;
    while (fields.more) {
      // Some banks end a line of summaries with one comma too many.
      fields.skipEmptyEnd();
      if (!fields.more) break;
      const [code, text, items, funds] = [fields.next(), fields.next(), fields.next(), fields.next()];
      const amountMinor = text === "" ? null : readMinor(text, currency, this.exponents, where).amountMinor;
      readFunds(funds, amountMinor ?? 0n, fields, currency, this.exponents, where);
      if (code === "" && amountMinor !== null) refuse("bad_field", "An amount without a type code.", where);
      if (amountMinor === null) continue;
      if (items !== "" && !/^\d{1,9}$/.test(items))
        refuse("bad_field", `"${items}" is no number of items.`, where, { found: items });
      controlMinor += amountMinor;
      if (!amounts.has(code)) amounts.set(code, { amountMinor, items: items === "" ? null : Number(items) });
    }
    return { amounts, controlMinor };
  }

  private detail(record: BaiRecord, place: FaultPlace): void {
    const { account, group } = this;
    if (account === null || group === null) refuse("bad_structure", "A detail (16) stands outside an account.", place);
    const where = { ...place, entry: account.builder.nextEntry };
    const fields = new FieldCursor(record);
    const [code, text, funds] = [fields.next(), fields.next(), fields.next()];
    const amount = readMinor(text === "" ? "0" : text, account.currency, this.exponents, where);
    const { valueDate, availability } = readFunds(
      funds,
      amount.amountMinor,
      fields,
      account.currency,
      this.exponents,
      where,
    );
    const [bankReference, customerReference] = [fields.next(), fields.next()];
    const direction = directionOf(code, this.facts.typeCodes, where);
    const information = readText(fields.text(), direction === "credit");
    account.controlMinor += amount.amountMinor;
    account.children++;
    account.builder.entry({
      where,
      place: `line ${record.line}`,
      status: direction === "information" ? "information" : "booked",
      bookingDate: group.asOf,
      valueDate,
      amount,
      direction: direction === "debit" ? "debit" : "credit",
      code,
      reversal: isReturn(code),
      references: { ...information.references, bankReference, customerReference },
      counterparty: information,
      remittance: information.text,
      availability,
    });
  }

  private accountTrailer(record: BaiRecord, where: FaultPlace): void {
    const { account, group } = this;
    if (account === null || group === null) refuse("bad_structure", "A trailer (49) closes no account.", where);
    this.account = null;
    this.check(record, "The account", account, null, where);
    group.controlMinor += account.controlMinor;
    const { builder, closing, credits, debits } = account;
    const counted = (total: Summary | null) => (total === null || total.items === null ? null : total);
    builder.close({
      closing,
      declared: {
        creditMinor: counted(credits)?.amountMinor,
        creditCount: counted(credits)?.items ?? undefined,
        debitMinor: counted(debits)?.amountMinor,
        debitCount: counted(debits)?.items ?? undefined,
      },
      controls: [{ kind: "control_total", value: account.controlMinor.toString() }],
      needsBalances: false,
      where,
    });
  }

  private groupTrailer(record: BaiRecord, where: FaultPlace): void {
    const { file, group } = this;
    if (this.account !== null) refuse("missing_batch_control", "The account before has no trailer (49).", where);
    if (group === null || file === null) refuse("bad_structure", "A trailer (98) closes no group.", where);
    this.group = null;
    this.check(record, "The group", group, "accounts", where);
    file.controlMinor += group.controlMinor;
    file.children++;
  }

  private fileTrailer(record: BaiRecord, where: FaultPlace): void {
    const { file } = this;
    if (this.group !== null) refuse("missing_batch_control", "The group before has no trailer (98).", where);
    if (file === null) refuse("missing_file_header", "No file header (01).", where);
    this.ended = true;
    this.check(record, "The file", file, "groups", where);
    this.assembler.fileControl("control_total", file.controlMinor);
    this.assembler.fileControl("record_count", file.physical);
  }

  /** Control total, number of parts where the level has them, number of physical records. */
  private check(record: BaiRecord, name: string, level: Level, parts: string | null, where: FaultPlace): void {
    const fields = new FieldCursor(record);
    const text = fields.next();
    const stated = /^[+-]?\d+$/.test(text === "" ? "0" : text) ? BigInt(text === "" ? "0" : text) : null;
    if (stated === null) refuse("bad_amount", `"${text}" is no control total.`, where, { found: text });
    const count = (what: string, code: StatementFaultCode, own: number): void => {
      const number = fields.next();
      if (number !== String(own) && Number(number) !== own)
        refuse(code, `${name} states ${number} ${what} and holds ${own}.`, where, { expected: number, found: own });
    };
    if (stated !== level.controlMinor)
      refuse(
        "control_total_mismatch",
        `${name} states a control total of ${stated}; its amounts add up to ${level.controlMinor}.`,
        where,
        { expected: stated ?? "", found: level.controlMinor, figures: true },
      );
    if (parts !== null) count(parts, "record_count_mismatch", level.children);
    count("records", "record_count_mismatch", level.physical);
  }
}

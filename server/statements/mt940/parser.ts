import type { Exponents } from "../amounts";
import { tellAmount } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { type FaultPlace, refuse } from "../faults";
import { decodeLine, readLines } from "../lines";
import type { StatementBalance } from "../model";
import type { SourceFacts, StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import { joinLines, readInformation } from "./details";
import { isStatementLine, readBalance, readStatementLine } from "./fields";

const FIELD_LINES_MAX = 200;
const TAG = /^:(\d{2}[A-Z]?|NS):(.*)$/s;
/** End of text block 4, with whatever a bank writes behind it. */
const END = /^-(\}.*|XXX)?$/;

/** SWIFT blocks 1 to 3 and the beginning of block 4. */
const BLOCKS = /^(\{\d:(\{[^{}]*\}|[^{}])*\})*(\{4:)?(?=:|$)/;

interface Field {
  readonly tag: string;
  readonly line: number;
  readonly lines: string[];
}

/**
 * Reads SWIFT MT940 customer statements, in SWIFT blocks or bare, several to a file. Lines before the first :20: and
 * between statements (bank headers, blank lines) are passed over; anything else is a field or refused.
 */
export const readMt940: StatementParser = async function* (input, assembler, facts) {
  const reader = new Mt940Reader(assembler, facts);
  for await (const lines of readLines(input.chunks)) {
    for (const line of lines) reader.line(decodeLine(line.bytes, facts.charset ?? null, line.number), line.number);
    yield;
  }
  reader.end();
};

/** What is known of a statement before its first entry. */
interface Header {
  readonly line: number;
  reference: string;
  account: string | null;
  institution: string | null;
  number: string | null;
  opening: StatementBalance | null;
}

class Mt940Reader {
  private field: Field | null = null;
  private header: Header | null = null;
  private builder: StatementBuilder | null = null;
  private pending: { readonly field: Field; information: string[] } | null = null;
  private closing: { readonly balance: StatementBalance; readonly line: number } | null = null;
  private statements = 0;
  /** The pages of one statement share this number. */
  private part = 0;
  private page: { account: string; number: string; page: number; closing: StatementBalance } | null = null;
  private readonly exponents: Exponents;

  constructor(
    private readonly assembler: StatementAssembler,
    facts: SourceFacts,
  ) {
    this.exponents = facts.exponents ?? {};
  }

  line(raw: string, number: number): void {
    const text = raw.replace(/^\p{Cc}+|\p{Cc}+$/gu, "").replace(BLOCKS, "");
    const match = TAG.exec(text);
    if (match !== null) {
      this.finishField();
      this.field = { tag: match[1] ?? "", line: number, lines: [match[2] ?? ""] };
    } else if (END.test(text.trim())) {
      this.finishField();
      this.finishStatement();
    } else if (this.field !== null) {
      this.field.lines.push(text);
      if (this.field.lines.length > FIELD_LINES_MAX)
        refuse("too_complex", `A field of more than ${FIELD_LINES_MAX} lines.`, { line: number });
    }
  }

  end(): void {
    this.finishField();
    this.finishStatement();
  }

  private where(line: number): FaultPlace {
    return { line, statement: Math.max(1, this.statements) };
  }

  private finishField(): void {
    const { field } = this;
    this.field = null;
    if (field === null) return;
    const where = this.where(field.line);
    const text = (field.lines[0] ?? "").trim();
    switch (field.tag) {
      case "20":
        this.finishStatement();
        this.statements++;
        this.header = {
          line: field.line,
          reference: text,
          account: null,
          institution: null,
          number: null,
          opening: null,
        };
        return;
      case "25":
        this.readAccount(field, text);
        return;
      case "28":
      case "28C":
        this.headerFor(field).number = text;
        return;
      case "60F":
      case "60M":
        this.readOpening(field, text, where);
        return;
      case "61":
        this.beginEntry(field, where);
        return;
      case "86":
      case "NS":
        this.addInformation(field);
        return;
      case "62F":
      case "62M":
        this.finishEntry();
        if (this.closing !== null) refuse("bad_structure", "The statement has two closing balances.", where);
        this.headerFor(field);
        this.closing = { balance: readBalance(field.tag, text, this.exponents, where), line: field.line };
        return;
      default:
        // Available balances, dates and bank fields change nothing of what is booked.
        return;
    }
  }

  private headerFor(field: Field): Header {
    return (
      this.header ??
      refuse(
        "bad_structure",
        `:${field.tag}: stands before any :20:, so no statement has begun.`,
        this.where(field.line),
        {
          expected: ":20:",
          found: `:${field.tag}:`,
        },
      )
    );
  }

  private readAccount(field: Field, text: string): void {
    const header = this.headerFor(field);
    if (header.account !== null && header.account !== text)
      refuse("several_accounts", "The statement names two accounts.", this.where(field.line));
    header.account = text;
    header.institution = field.lines.slice(1).join("").trim() || null;
  }

  private readOpening(field: Field, text: string, where: FaultPlace): void {
    const header = this.headerFor(field);
    if (header.opening !== null) refuse("bad_structure", "The statement has two opening balances.", where);
    header.opening = readBalance(field.tag, text, this.exponents, where);
    this.checkPage(header, where);
    this.open();
  }

  /** A page after one that ended with an intermediate balance (62M) begins with that balance. */
  private checkPage(header: Header, where: FaultPlace): void {
    const [number = "", page = ""] = (header.number ?? "").split("/");
    const { page: last } = this;
    const { opening } = header;
    const next = last?.account === header.account && last?.number === number && Number(page) === last.page + 1;
    if (!next) this.part++;
    if (!next || last === null || opening === null) return;
    if (last.closing.currency === opening.currency && last.closing.amountMinor === opening.amountMinor) return;
    const [expected = "", found = ""] = [last.closing, opening].map((balance) =>
      tellAmount(balance.amountMinor, balance.currency, balance.exponent),
    );
    refuse(
      "balance_chain_broken",
      `Page ${page} begins with ${found}, the page before ended with ${expected}.`,
      where,
      {
        figures: true,
        expected,
        found,
      },
    );
  }

  private open(): StatementBuilder {
    if (this.builder !== null) return this.builder;
    const { header } = this;
    const where = this.where(header?.line ?? 1);
    if (header === null) return refuse("bad_structure", "No statement has begun.", where);
    if (header.account === null || header.account === "")
      return refuse("missing_account", "The statement has no :25: account.", where);
    if (header.opening === null)
      return refuse("missing_opening_balance", "The statement has no :60F: opening balance.", where);
    const { currency, exponent } = header.opening;
    this.builder = this.assembler.open(
      {
        account: header.account,
        institution: header.institution,
        currency,
        exponent,
        statementId: header.reference,
        sequence: sequenceOf(header.number),
        opening: header.opening,
        partOf: String(this.part),
      },
      where,
    );
    return this.builder;
  }

  private beginEntry(field: Field, where: FaultPlace): void {
    this.headerFor(field);
    this.finishEntry();
    if (this.closing !== null) refuse("bad_structure", "An entry stands after the closing balance.", where);
    this.open();
    this.pending = { field, information: [] };
  }

  /** Field 86 after an entry is the entry's, after the closing balance the statement's, which is not read. */
  private addInformation(field: Field): void {
    if (this.pending === null || this.closing !== null) return;
    const lines = field.lines.filter((line) => line.trim() !== "");
    this.pending.information.push(...lines);
    if (this.pending.information.length > FIELD_LINES_MAX)
      refuse("too_complex", `An entry with more than ${FIELD_LINES_MAX} lines.`, this.where(field.line));
  }

  private finishEntry(): void {
    const { pending } = this;
    this.pending = null;
    if (pending === null) return;
    const { field } = pending;
    const builder = this.open();
    const where = { ...this.where(field.line), entry: builder.nextEntry };
    const [first = "", second = "", ...rest] = field.lines.map((line) => line.trim());
    // A line broken off before its amount goes on in the next.
    const whole = isStatementLine(first) ? first : first + second;
    const supplement = isStatementLine(first) ? [second, ...rest] : rest;
    const line = readStatementLine(whole, builder.currency, this.exponents, where);
    const information = readInformation(pending.information);
    const extra = joinLines(supplement.filter((part) => part !== ""));
    const { references } = information;
    builder.entry({
      where,
      place: `line ${field.line}`,
      bookingDate: line.bookingDate,
      bookingDateFrom: line.bookingStated ? "stated" : "value_date",
      valueDate: line.valueDate,
      amount: line.amount,
      direction: line.direction,
      reversal: line.reversal,
      code: [line.type, information.code].filter((part) => part !== null).join("/"),
      returnCode: information.returnCode,
      references: {
        ...references,
        customerReference: references.customerReference ?? line.customerReference,
        bankReference: line.bankReference,
      },
      counterparty: { name: information.name, account: information.account, institution: information.institution },
      remittance: [extra, information.text ?? ""].filter((part) => part !== "").join(" "),
    });
  }

  private finishStatement(): void {
    this.finishEntry();
    const { header, closing } = this;
    this.header = null;
    this.closing = null;
    if (header === null) return;
    const builder = this.builder ?? this.openFor(header);
    this.builder = null;
    const where = this.where(closing?.line ?? header.line);
    builder.close({ closing: closing?.balance ?? null, needsBalances: true, where });
    const [number = "", page = ""] = (header.number ?? "").split("/");
    this.page =
      closing?.balance.code === "62M"
        ? { account: header.account ?? "", number, page: Number(page), closing: closing.balance }
        : null;
  }

  private openFor(header: Header): StatementBuilder {
    this.header = header;
    const builder = this.open();
    this.header = null;
    return builder;
  }
}

/** "00004/00001" as "4/1"; null where the bank numbers nothing ("0", "000", "0/1"). */
function sequenceOf(text: string | null): string | null {
  const parts = (text ?? "").split("/").map((part) => part.trim().replace(/^0+(?=.)/, ""));
  return (parts[0] ?? "") === "" || parts[0] === "0" ? null : parts.join("/");
}

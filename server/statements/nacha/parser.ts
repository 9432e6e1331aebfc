import type { BusinessDate } from "../../domain/time";
import { type Exponents, exponentFor, tellAmount } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { nearestDayOfYear, readShortDate, shortDate } from "../dates";
import { type FaultPlace, refuse, type StatementFaultCode } from "../faults";
import { readLines } from "../lines";
import type { AchAnswer, StatementControl } from "../model";
import type { StatementParser } from "../parser";
import type { StatementBuilder } from "../statement-builder";
import { columns, type NachaRecord, numberIn, RECORD_COLUMNS, recordsOf } from "./fields";

const CURRENCY = "USD";
const HASH_MODULUS = 10_000_000_000n;
/** Addenda of one entry: a corporate trade exchange has at most 9,999 (Nacha Operating Rules, appendix 3). */
const ADDENDA_MAX = 10_000;

/**
 * Reads a NACHA file of returns and notifications of change: each batch is a statement of the originating company, each
 * entry with its addenda 99 or 98 an entry. Entries are handed on one at a time. Counts, amounts and entry hash of every
 * batch and of the file are recomputed.
 */
export const readNacha: StatementParser = async function* (input, assembler, facts) {
  const reader = new NachaReader(assembler, facts.exponents ?? {});
  let records = 0;
  for await (const lines of readLines(input.chunks, { recordBytes: RECORD_COLUMNS })) {
    for (const line of lines) {
      for (const record of recordsOf(line, records)) {
        records = record.number;
        reader.record(record);
      }
    }
    yield;
  }
  reader.end();
};

interface Totals {
  count: number;
  hash: bigint;
  debitMinor: bigint;
  creditMinor: bigint;
}

interface Batch {
  readonly builder: StatementBuilder;
  readonly serviceClass: string;
  readonly company: string;
  readonly institution: string;
  readonly number: string;
  readonly entryClass: string;
  readonly bookingDate: BusinessDate;
  readonly valueDate: BusinessDate | null;
  readonly totals: Totals;
}

interface FileHeader {
  readonly created: BusinessDate;
  readonly id: string;
}

const noTotals = (): Totals => ({ count: 0, hash: 0n, debitMinor: 0n, creditMinor: 0n });

class NachaReader {
  private header: FileHeader | null = null;
  private batch: Batch | null = null;
  private entry: { readonly record: NachaRecord; readonly answers: AchAnswer[]; addenda: number } | null = null;
  private readonly file = noTotals();
  private batches = 0;
  private controlled = false;
  private last = 0;

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly exponents: Exponents,
  ) {}

  record(record: NachaRecord): void {
    this.last = record.number;
    if (this.controlled) {
      this.afterEnd(record);
      return;
    }
    if (this.header === null && record.type !== "1")
      refuse(
        "missing_file_header",
        `The file begins with a record ${record.type}.`,
        { row: record.number },
        {
          expected: "a file header, record 1",
          found: `record ${record.type}`,
        },
      );
    switch (record.type) {
      case "1":
        this.fileHeader(record);
        return;
      case "5":
        this.batchHeader(record);
        return;
      case "6":
        this.entryDetail(record);
        return;
      case "7":
        this.addenda(record);
        return;
      case "8":
        this.batchControl(record);
        return;
      default:
        this.fileControl(record);
        return;
    }
  }

  end(): void {
    if (this.controlled) return;
    if (this.header === null) refuse("missing_file_header", "The file holds no record.", {});
    if (this.batch !== null) this.missingControl({ row: this.last });
    refuse("missing_file_control", "The file ends without a file control, record 9.", { row: this.last });
  }

  private missingControl(where: FaultPlace): never {
    return refuse("missing_batch_control", `Batch ${this.batch?.number} has no control, record 8.`, where);
  }

  private afterEnd(record: NachaRecord): void {
    if (!/^9+\s*$/.test(record.text))
      refuse("bad_structure", "A record stands after the file control.", { row: record.number });
  }

  private fileHeader(record: NachaRecord): void {
    const where = { row: record.number };
    if (this.header !== null) refuse("bad_structure", "A second file header.", where);
    if (columns(record, 35, 37) !== "094")
      refuse("bad_structure", "The record size is not 094.", where, {
        expected: "094",
        found: columns(record, 35, 37),
      });
    const id = [columns(record, 14, 23), columns(record, 24, 29), columns(record, 30, 33), columns(record, 34, 34)];
    this.header = {
      created: readShortDate(columns(record, 24, 29), where),
      id: id.map((part) => part.trim()).join("-"),
    };
  }

  private batchHeader(record: NachaRecord): void {
    const where = { row: record.number };
    if (this.batch !== null) this.missingControl(where);
    const { header } = this;
    if (header === null) refuse("missing_file_header", "No file header.", where);
    const entryClass = columns(record, 51, 53);
    const company = columns(record, 41, 50).trim();
    const institution = columns(record, 80, 87);
    const number = columns(record, 88, 94);
    const settled = nearestDayOfYear(Number(columns(record, 76, 78).trim() || "0"), header.created);
    const builder = this.assembler.open(
      {
        account: company,
        // An international batch has its foreign exchange terms where others have the company's name.
        accountName: entryClass === "IAT" ? null : columns(record, 5, 20),
        institution,
        currency: CURRENCY,
        exponent: exponentFor(CURRENCY, this.exponents, where),
        statementId: `${header.id}/${number}`,
        messageId: header.id,
        // A batch is numbered within its file only.
        sequence: `${header.id}/${number}`,
      },
      where,
    );
    this.batches++;
    this.batch = {
      builder,
      serviceClass: columns(record, 2, 4),
      company,
      institution,
      number,
      entryClass,
      bookingDate: settled ?? header.created,
      valueDate: shortDate(columns(record, 70, 75)),
      totals: noTotals(),
    };
  }

  private entryDetail(record: NachaRecord): void {
    const { batch } = this;
    if (batch === null) refuse("bad_structure", "An entry stands outside a batch.", { row: record.number });
    this.finishEntry(batch);
    const { totals } = batch;
    const amount = numberIn(record, 30, 39, "amount");
    totals.count++;
    totals.hash += numberIn(record, 4, 11, "receiving institution");
    if (isDebit(record)) totals.debitMinor += amount;
    else totals.creditMinor += amount;
    this.entry = { record, answers: [], addenda: 0 };
  }

  private addenda(record: NachaRecord): void {
    const { batch, entry } = this;
    const where = { row: record.number };
    if (batch === null || entry === null) refuse("bad_structure", "An addenda stands without entry.", where);
    batch.totals.count++;
    if (++entry.addenda > ADDENDA_MAX) refuse("too_complex", `More than ${ADDENDA_MAX} addenda in one entry.`, where);
    const type = columns(record, 2, 3);
    if (type !== "98" && type !== "99") return;
    const code = columns(record, 4, 6);
    if (!(type === "99" ? /^R\d\d$/ : /^C\d\d$/).test(code))
      refuse("bad_field", `"${code}" is no ${type === "99" ? "return" : "change"} code.`, where, { found: code });
    const text = (from: number, to: number) => columns(record, from, to).trim() || null;
    entry.answers.push({
      kind: type === "99" ? "return" : "notification_of_change",
      code,
      originalTraceNumber: columns(record, 7, 21).trim(),
      originalInstitution: text(28, 35),
      correctedData: type === "98" ? text(36, 64) : null,
      information: type === "99" ? text(36, 79) : null,
    });
  }

  private finishEntry(batch: Batch): void {
    const { entry } = this;
    this.entry = null;
    if (entry === null) return;
    const { record, answers } = entry;
    const where = { row: record.number, entry: batch.builder.nextEntry };
    const answer = answers.at(-1);
    if (answer === undefined)
      refuse("not_a_return", "The entry has neither return (99) nor change (98) addenda.", where);
    const exponent = exponentFor(CURRENCY, this.exponents, where);
    const change = answer.kind === "notification_of_change";
    const corporate = /^(CTX|ATX|TRX)$/.test(batch.entryClass);
    const iat = batch.entryClass === "IAT" || columns(record, 17, 29).trim() === "";
    batch.builder.entry({
      where,
      place: `record ${record.number}`,
      // A notification of change moves no money; what stands as its amount is the original's.
      status: change ? "information" : "booked",
      bookingDate: batch.bookingDate,
      valueDate: batch.valueDate,
      amount: { amountMinor: numberIn(record, 30, 39, "amount"), currency: CURRENCY, exponent },
      direction: isDebit(record) ? "debit" : "credit",
      reversal: !change,
      code: `${batch.entryClass.trim()}/${columns(record, 2, 3)}`,
      returnCode: answer.code,
      ach: answers,
      batchId: batch.number,
      references: {
        traceNumber: columns(record, 80, 94).trim(),
        originalTraceNumber: answer.originalTraceNumber,
        customerReference: iat ? null : columns(record, 40, 54),
      },
      counterparty: {
        name: iat ? null : corporate ? columns(record, 59, 74) : columns(record, 55, 76),
        account: columns(record, 13, 29),
        institution: columns(record, 4, 12),
      },
      remittance: [answer.information, answer.correctedData].filter((part) => part !== null).join(" "),
    });
  }

  private batchControl(record: NachaRecord): void {
    const { batch } = this;
    const where = { row: record.number };
    if (batch === null) refuse("bad_structure", "A batch control stands outside a batch.", where);
    this.finishEntry(batch);
    this.batch = null;
    for (const [name, stated, own] of [
      ["batch number", columns(record, 88, 94), batch.number],
      ["service class", columns(record, 2, 4), batch.serviceClass],
      // International batches may leave it blank here.
      ["company", columns(record, 45, 54).trim() || batch.company, batch.company],
      ["institution", columns(record, 80, 87), batch.institution],
    ] as const) {
      if (stated !== own)
        refuse("batch_mismatch", `The control's ${name} is not its batch's.`, where, { expected: own, found: stated });
    }
    const { totals } = batch;
    const controls = this.check(`Batch ${batch.number}`, where, totals, {
      count: numberIn(record, 5, 10, "entry and addenda count"),
      hash: numberIn(record, 11, 20, "entry hash"),
      debitMinor: numberIn(record, 21, 32, "total debits"),
      creditMinor: numberIn(record, 33, 44, "total credits"),
    });
    batch.builder.close({
      closing: null,
      period: { from: batch.bookingDate, to: batch.bookingDate },
      controls,
      needsBalances: false,
      where,
    });
    this.file.count += totals.count;
    this.file.hash += totals.hash;
    this.file.debitMinor += totals.debitMinor;
    this.file.creditMinor += totals.creditMinor;
  }

  private fileControl(record: NachaRecord): void {
    const where = { row: record.number };
    if (this.batch !== null) this.missingControl(where);
    this.controlled = true;
    const batches = numberIn(record, 2, 7, "batch count");
    if (batches !== BigInt(this.batches))
      refuse("record_count_mismatch", `The file states ${batches} batches and holds ${this.batches}.`, where, {
        expected: batches,
        found: this.batches,
      });
    this.assembler.fileControl("batch_count", batches);
    const controls = this.check("The file", where, this.file, {
      count: numberIn(record, 14, 21, "entry and addenda count"),
      hash: numberIn(record, 22, 31, "entry hash"),
      debitMinor: numberIn(record, 32, 43, "total debits"),
      creditMinor: numberIn(record, 44, 55, "total credits"),
    });
    for (const { kind, value } of controls) this.assembler.fileControl(kind, value);
  }

  private check(
    name: string,
    where: FaultPlace,
    own: Totals,
    stated: { count: bigint; hash: bigint; debitMinor: bigint; creditMinor: bigint },
  ): StatementControl[] {
    const tell = (minor: bigint) => tellAmount(minor, CURRENCY, exponentFor(CURRENCY, this.exponents, where));
    const rows: readonly (readonly [string, StatementFaultCode, bigint, bigint, (value: bigint) => string])[] = [
      ["entry_and_addenda_count", "record_count_mismatch", stated.count, BigInt(own.count), String],
      ["entry_hash", "entry_hash_mismatch", stated.hash, own.hash % HASH_MODULUS, String],
      ["debit_total", "debit_total_mismatch", stated.debitMinor, own.debitMinor, tell],
      ["credit_total", "credit_total_mismatch", stated.creditMinor, own.creditMinor, tell],
    ];
    return rows.map(([kind, code, expected, found, text]) => {
      if (expected !== found)
        refuse(
          code,
          `${name} states ${text(expected)} as ${kind.replaceAll("_", " ")} and holds ${text(found)}.`,
          where,
          {
            figures: true,
            expected: text(expected),
            found: text(found),
          },
        );
      return { kind, value: text(found) };
    });
  }
}

/** The second digit of the transaction code: 1 to 4 credit the receiver, 5 to 9 debit it; returns are 1 and 6. */
function isDebit(record: NachaRecord): boolean {
  const code = columns(record, 2, 3);
  if (!/^[2-5]\d$/.test(code))
    refuse(
      "unknown_type_code",
      `"${code}" is no transaction code of an entry.`,
      { row: record.number },
      { found: code },
    );
  return Number(code.charAt(1)) >= 5;
}

import { maskCardNumbersInText } from "../domain/card";

/** Every reason a statement file is refused for, with what to do. Codes are stable: people filter and script by them. */
export const STATEMENT_FAULT_CODES = {
  empty_file: "The file holds nothing. Have it sent again.",
  unknown_format: "Not camt.053, MT940, BAI2, NACHA or a known CSV report. State the format, or give a CSV mapping.",
  file_too_large: "Larger than the limit for statement files. Raise the limit, or have the bank split the file.",
  line_too_long: "A line is longer than any of this format. Check that the file is what its name says.",
  bad_characters: "Bytes that are no text in the file's character set. State the character set, or have it sent again.",
  bad_xml: "Not well-formed XML, or cut off. Have the file sent again.",
  document_type_refused: "XML with a document type or entity declaration is never read. Have the bank send plain XML.",
  too_complex: "Nested deeper, or with more parts, than any real file of this format.",
  unsupported_message: "Another message than camt.053. Send the end-of-day statement (camt.053).",
  unsupported_version: "A version of the message this reader does not know. Versions 2 to 13 are read.",
  truncated_file: "The file ends before its format says it does. Have it sent again.",
  bad_structure: "A record stands where the format allows none. Have the file sent again.",
  missing_file_header: "No file header. Have the whole file sent, from its first record.",
  missing_file_control: "No file trailer with its control totals. Have the whole file sent.",
  missing_batch_control: "A batch or group ends without its control record. Have the whole file sent.",
  no_statement: "The file holds no statement.",
  missing_account: "No account. A statement without one cannot be booked; ask the bank.",
  several_accounts: "More than one account in one statement. Ask the bank for one statement per account.",
  missing_opening_balance: "No opening balance, so entries cannot be checked. Ask the bank to include it.",
  missing_closing_balance: "No closing balance, so entries cannot be checked. Ask the bank to include it.",
  balance_currency_mismatch:
    "A balance in another currency than the account's statement. Ask the bank for a correction.",
  entry_currency_mismatch: "An entry in another currency than its statement. Ask the bank for a correction.",
  missing_currency: "No currency. Have it stated, or set one in the mapping.",
  unknown_currency: "Not a currency of ISO 4217. Correct it, or give this source an exponent for it.",
  missing_amount: "No amount. Have the file corrected.",
  bad_amount: "Not an amount of this format. Have the file corrected.",
  amount_not_exact:
    "More decimal places than the currency has; nothing is rounded. Give this source an exponent for it.",
  amount_out_of_range: "Does not fit 64 bits of minor units.",
  negative_amount: "A negative amount where the direction is stated apart. Have the file corrected.",
  missing_direction: "Neither credit nor debit. Have the file corrected.",
  bad_date: "Not a date of this format, or a day that does not exist. Have the file corrected.",
  missing_date: "No booking date, and none to take it from. Have the file corrected.",
  bad_zone: "A time zone that is not known. State the zone for this source.",
  bad_field: "A field cannot be read as the format or mapping says. Correct the file or the mapping.",
  bad_line: "A line that is not of this format. Have the file corrected.",
  unknown_type_code: "A transaction type that is neither credit nor debit by the standard. Map it for this source.",
  unsupported_group: "A group that deletes or tests is not booked. Handle it by hand with the bank.",
  not_a_return: "An entry without return or notification addenda. Only return and change files are statements.",
  closing_balance_mismatch:
    "Opening balance plus entries is not the closing balance. Ask the bank for a complete file.",
  balance_chain_broken: "A page does not begin with the balance the page before ended with. Ask for the missing page.",
  entry_count_mismatch: "The file states another number of entries than it holds. Ask the bank for a complete file.",
  credit_total_mismatch: "The credits are not the total the file states. Ask the bank for a complete file.",
  debit_total_mismatch: "The debits are not the total the file states. Ask the bank for a complete file.",
  net_total_mismatch: "Credits less debits are not the net the file states. Ask the bank for a complete file.",
  detail_count_mismatch: "A grouped entry states another number of payments than it holds. Ask for the full details.",
  detail_total_mismatch: "The payments of a grouped entry do not add up to it. Ask the bank for a correction.",
  control_total_mismatch: "A control total is not the sum of what it controls. Have the file sent again.",
  record_count_mismatch: "A control record states another number of records than there are. Have the file sent again.",
  entry_hash_mismatch: "The entry hash is not the sum of the routing numbers. Have the file sent again.",
  batch_mismatch: "A control record is not of the batch it closes. Have the file sent again.",
  row_not_balanced: "Gross less fees is not net in this row. Ask the provider for a correction.",
  payout_total_mismatch: "The lines of a payout do not add up to it. Download the report again, for the whole payout.",
  running_balance_mismatch:
    "A row's balance is not the one before plus its amount. Have the whole file exported again.",
} as const;

export type StatementFaultCode = keyof typeof STATEMENT_FAULT_CODES;

/** Where in the file: whatever the format lets one say. Lines, rows, statements and entries count from 1. */
export interface FaultPlace {
  readonly line?: number;
  readonly row?: number;
  /** Path of an XML element, or a field's name. */
  readonly path?: string;
  readonly statement?: number;
  readonly entry?: number;
}

/** Why a file is refused as a whole: a value. Its raw bytes are the caller's to keep. */
export interface StatementFault {
  readonly code: StatementFaultCode;
  readonly what: string;
  readonly where: FaultPlace;
  readonly expected: string | null;
  readonly found: string | null;
  readonly remedy: string;
}

const WHAT_CHARS_MAX = 400;
const FOUND_CHARS_MAX = 120;

export interface FaultFacts {
  /** True where the texts are own words and figures only, which masking would take for card numbers. */
  readonly figures?: boolean;
  readonly expected?: string | bigint | number;
  readonly found?: string | bigint | number;
}

/** Ends the reading of a file; caught by the reader, which hands the fault over as a value. */
export class StatementRefusal extends Error {
  override readonly name = "StatementRefusal";
  constructor(readonly fault: StatementFault) {
    super(fault.what);
  }
}

/** Refuses the file. What is told of its content is masked and cut. */
export function refuse(code: StatementFaultCode, what: string, where: FaultPlace, facts: FaultFacts = {}): never {
  const mask = facts.figures === true ? (text: string) => text : maskCardNumbersInText;
  const told = (value: FaultFacts["found"]) => (value === undefined ? null : cut(mask(String(value)), FOUND_CHARS_MAX));
  throw new StatementRefusal({
    code,
    what: cut(mask(what), WHAT_CHARS_MAX),
    where,
    expected: told(facts.expected),
    found: told(facts.found),
    remedy: STATEMENT_FAULT_CODES[code],
  });
}

const cut = (text: string, charsMax: number): string => (text.length > charsMax ? `${text.slice(0, charsMax)}…` : text);

/** "line 12, path Stmt[1]/Ntry[2]": for people. */
export function describePlace(where: FaultPlace): string {
  const parts = (["line", "row", "statement", "entry", "path"] as const).flatMap((key) =>
    where[key] === undefined ? [] : [`${key} ${where[key]}`],
  );
  return parts.length === 0 ? "the file as a whole" : parts.join(", ");
}

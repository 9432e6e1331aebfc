import type { Exponents } from "./amounts";
import type { StatementAssembler } from "./assembler";
import type { CsvStatementMapping } from "./csv/mapping";
import type { Charset } from "./lines";

/** What an operator may state about a source of statements; everything has a default. */
export interface SourceFacts {
  /** Decimal places where they are not those of ISO 4217. */
  readonly exponents?: Exponents;
  /** Character set of text formats. MT940, BAI2 and NACHA: UTF-8 where the bytes are, else Latin-1. CSV: UTF-8. */
  readonly charset?: Charset;
  /** How to read a CSV file that is not one of the presets. */
  readonly mapping?: CsvStatementMapping;
  /** Provider reports that do not name the account they are of: what to call it. */
  readonly account?: string;
  /** Zone of provider reports that give times without one (an IANA name). */
  readonly zone?: string;
  /** BAI2 type codes of the 700 and 900 ranges, which the standard leaves to banks: code -> direction. */
  readonly typeCodes?: Readonly<Record<string, "credit" | "debit" | "information">>;
}

/** Bytes as they come, with what is known once they have all come. */
export interface Input {
  readonly chunks: AsyncIterable<Buffer>;
  /** After the last chunk: whether the file ends with a line ending. */
  endsWithNewline(): boolean;
}

/**
 * Reads one file into an assembler, step by step: after each step the caller takes what was made. Throws
 * `StatementRefusal` for a faulty file.
 */
export type StatementParser = (
  input: Input,
  assembler: StatementAssembler,
  facts: SourceFacts,
) => AsyncIterable<unknown>;

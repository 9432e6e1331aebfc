import { refuse } from "../faults";

/** A logical record: its own line and the continuations (88) that follow, in order. */
export interface BaiRecord {
  readonly code: string;
  /** What stands behind the record code, line by line, without the closing slash. */
  readonly lines: string[];
  readonly line: number;
  /** How many physical records it is made of. */
  physical: number;
}

const CODES = /^(01|02|03|16|49|88|98|99),/;
const NEXT_ON_LINE = /\/\s+(?=(?:01|02|03|16|49|88|98|99),)/;
const CONTINUATIONS_MAX = 1_000;

/**
 * Puts physical lines together to records. Several records on one line are split where a slash, white space and a record
 * code follow each other; a line without a record code goes on where the one before broke off.
 */
export class RecordReader {
  private current: BaiRecord | null = null;

  constructor(private readonly take: (record: BaiRecord) => void) {}

  line(text: string, number: number): void {
    for (const part of text.trimStart().split(NEXT_ON_LINE)) this.part(part, number);
  }

  end(): void {
    const { current } = this;
    this.current = null;
    if (current !== null) this.take(current);
  }

  private part(raw: string, line: number): void {
    const text = raw.replace(/\s+$/, "");
    if (text === "") return;
    const code = CODES.exec(text)?.[1];
    if (code === undefined) {
      this.broken(text, line);
      return;
    }
    const content = text.slice(3).replace(/\/$/, "");
    if (code !== "88") {
      this.end();
      this.current = { code, lines: [content], line, physical: 1 };
      return;
    }
    const { current } = this;
    if (current === null) refuse("bad_structure", "A continuation (88) follows no record.", { line });
    current.physical++;
    if (current.lines.push(content) > CONTINUATIONS_MAX)
      refuse("too_complex", `A record with more than ${CONTINUATIONS_MAX} continuations.`, { line });
  }

  private broken(text: string, line: number): void {
    const { current } = this;
    if (current === null)
      refuse(
        "bad_line",
        "The line begins with no record code.",
        { line },
        { expected: "01", found: text.slice(0, 10) },
      );
    const last = current.lines.length - 1;
    current.lines[last] = `${current.lines[last]} ${text.replace(/\/$/, "")}`;
  }
}

/** Reads the fields of a record one after the other, from one continuation to the next. */
export class FieldCursor {
  private lineAt = 0;
  private rest: string | null;

  constructor(private readonly record: BaiRecord) {
    this.rest = record.lines[0] ?? null;
  }

  /** True while a field is left, empty ones included. */
  get more(): boolean {
    return this.rest !== null || this.lineAt + 1 < this.record.lines.length;
  }

  /** Passes over the end of a line on which nothing is left but an empty field. */
  skipEmptyEnd(): void {
    if (this.rest?.trim() === "") this.rest = null;
  }

  /** The next field, trimmed; empty where the record has no more. */
  next(): string {
    if (this.rest === null) {
      const line = this.record.lines[++this.lineAt];
      if (line === undefined) return "";
      this.rest = line;
    }
    const { rest } = this;
    const comma = rest.indexOf(",");
    this.rest = comma < 0 ? null : rest.slice(comma + 1);
    return (comma < 0 ? rest : rest.slice(0, comma)).trim();
  }

  /** All that is left: the text of a detail, line by line. */
  text(): string[] {
    const lines = this.rest === null ? [] : [this.rest];
    lines.push(...this.record.lines.slice(this.lineAt + 1));
    this.rest = null;
    this.lineAt = this.record.lines.length;
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  }
}

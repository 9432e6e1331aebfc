import { isUtf8 } from "node:buffer";
import { refuse } from "./faults";

const [NEWLINE, RETURN] = [0x0a, 0x0d];
const LINE_BYTES_MAX = 64 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export type Charset = "utf-8" | "latin1" | "windows-1252";

export interface Line {
  /** Without its line ending. */
  readonly bytes: Buffer;
  /** 1 for the first. */
  readonly number: number;
  /** False for a last line that no line ending closes. */
  readonly ended: boolean;
}

export interface LineOptions {
  /** A line that reaches a multiple of this length without an ending is handed over in pieces of it. */
  readonly recordBytes?: number;
}

/** Splits chunks of bytes into lines (LF, CRLF or CR LF mixed), yielding those of one chunk together. Blank lines count and are kept. */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  options: LineOptions = {},
): AsyncGenerator<readonly Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let first = true;
  const pieceMax = options.recordBytes === undefined ? null : options.recordBytes * 64;
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (first && bytes.length >= 3) {
      if (bytes.subarray(0, 3).equals(BOM)) bytes = bytes.subarray(3);
      first = false;
    }
    const lines: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      const end = at > from && bytes[at - 1] === RETURN ? at - 1 : at;
      lines.push({ bytes: bytes.subarray(from, end), number: ++number, ended: true });
      from = at + 1;
    }
    while (pieceMax !== null && bytes.length - from > pieceMax) {
      lines.push({ bytes: bytes.subarray(from, from + pieceMax), number: number + 1, ended: false });
      from += pieceMax;
    }
    rest = bytes.subarray(from);
    if (rest.length > LINE_BYTES_MAX)
      refuse("line_too_long", `Line ${number + 1} is longer than ${LINE_BYTES_MAX} bytes.`, { line: number + 1 });
    yield lines;
  }
  if (rest.length > 0) yield [{ bytes: rest, number: number + 1, ended: false }];
}

/**
 * Text of a line. Without a stated character set: UTF-8 where the bytes are, else ISO 8859-1, which MT940 and BAI2 files
 * of older systems use and in which every byte is a character.
 */
export function decodeLine(bytes: Buffer, charset: Charset | null, line: number): string {
  if (charset === null) return isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1");
  if (charset === "latin1") return bytes.toString("latin1");
  if (charset === "windows-1252") return decodeWindows1252(bytes);
  if (!isUtf8(bytes)) refuse("bad_characters", `Line ${line} is not UTF-8.`, { line });
  return bytes.toString("utf8");
}

/** 0x80 to 0x9f of windows-1252 (WHATWG Encoding, index windows-1252); everywhere else it is Latin-1. */
const WINDOWS_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/** Own, because the TextDecoder of Node 20 reads windows-1252 as Latin-1 (nodejs/node#56542). */
export const decodeWindows1252 = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(/[\u0080-\u009f]/g, (found) => WINDOWS_1252.charAt(found.charCodeAt(0) - 0x80));

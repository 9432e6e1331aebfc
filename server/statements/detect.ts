import type { StatementFormat } from "./model";

/** How much of a file's beginning is looked at, bytes. */
export const DETECT_BYTES = 4_096;

const EXTENSIONS: readonly (readonly [RegExp, StatementFormat])[] = [
  [/\.(ach|nacha)$/i, "nacha"],
  [/\.(bai|bai2)$/i, "bai2"],
  [/\.(sta|940|mt940|swi)$/i, "mt940"],
  [/\.(xml|camt|053|c53)$/i, "camt053"],
];

/**
 * Which format a file is of, from its first bytes; its name only decides where they do not. Null for anything else,
 * CSV of an unknown layout among it, which needs a mapping.
 */
export function detectFormat(firstBytes: Uint8Array, name: string): StatementFormat | null {
  const text = beginning(firstBytes);
  return fromContent(text) ?? EXTENSIONS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** As Latin-1 text without byte order mark, leading white space and control characters (some banks frame with SOH). */
function beginning(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, DETECT_BYTES));
  const wide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const text = wide
    ? new TextDecoder(head[0] === 0xff ? "utf-16le" : "utf-16be").decode(head)
    : head.toString("latin1");
  return text.replace(/^(?:\u00ef\u00bb\u00bf|\ufeff|\s|\p{Cc})+/u, "");
}

function fromContent(text: string): StatementFormat | null {
  if (/^<(\?xml|!DOCTYPE|!--|[\w.-]*:?\w)/i.test(text)) return "camt053";
  if (/^01,/.test(text)) return "bai2";
  // File header: record size 094, blocking factor 10, format code 1 in columns 35 to 40; or a batch without one.
  if (/^1.{33}094101/.test(text) || /^[56]\d{2}[^\r\n]{91}(\r?\n|$)/.test(text)) return "nacha";
  if (/^\{1:/.test(text) || /(^|\n):(20|25|28C?|60[FM]|61):/.test(text)) return "mt940";
  const header = text.split(/\r?\n/, 1)[0] ?? "";
  if (/(^|[",;\t])balance_transaction_id($|[",;\t])/.test(header)) return "stripe";
  if (/Psp Reference/i.test(header) && /Merchant Account/i.test(header) && /Net Currency/i.test(header)) return "adyen";
  return /^(02|03|16|49|88|98|99),/.test(text) ? "bai2" : null;
}

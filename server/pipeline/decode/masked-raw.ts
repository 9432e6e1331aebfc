import { maskCardNumbers } from "../../domain/card";
import type { RawRecord } from "../records";

const [ZERO, NINE, SPACE, DASH, STAR] = [0x30, 0x39, 0x20, 0x2d, 0x2a];
const ESCAPE = Buffer.from("\\u");
const ESCAPE_BYTES = 6;

/** The bytes of a refused record as they may be kept: valid UTF-8 or not, no card number in them. */
export function maskedRaw({ bytes, bytesTotal }: RawRecord): Uint8Array {
  const masked = maskedBesideEscapes(maskCardNumbers(bytes));
  return bytesTotal === undefined || bytesTotal <= bytes.byteLength
    ? masked
    : maskedBeforeCut(masked, masked === bytes);
}

/** The digits of an escape such as \\u00a0 are not digits of the text: without them a card number after it is found. */
function maskedBesideEscapes(bytes: Uint8Array): Uint8Array {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = source.indexOf(ESCAPE);
  if (at < 0) return bytes;
  const unescaped = Buffer.from(source);
  for (; at >= 0; at = source.indexOf(ESCAPE, at + ESCAPE_BYTES)) {
    unescaped.fill(0, at, Math.min(at + ESCAPE_BYTES, unescaped.length));
  }
  const found = maskCardNumbers(unescaped);
  if (found === unescaped) return bytes;
  const masked = Buffer.from(source);
  for (let index = 0; index < masked.length; index++) if (found[index] === STAR) masked[index] = STAR;
  return masked;
}

/** Where the record was cut, the digits before the cut may be most of a card number that can no longer be checked. */
function maskedBeforeCut(bytes: Uint8Array, shared: boolean): Uint8Array {
  const masked = shared ? bytes.slice() : bytes;
  for (let at = masked.length - 1; at >= 0; at--) {
    const byte = masked[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) masked[at] = STAR;
    else if (byte !== SPACE && byte !== DASH) break;
  }
  return masked;
}

import { createHash, randomBytes } from "node:crypto";

/** The same parts give the same id: 32 hexadecimal characters of their SHA-256. Parts are length-prefixed, so ("ab","c") and ("a","bc") differ. */
export function deterministicId(...parts: readonly string[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(`${part.length}:${part}`);
  return digest.digest("hex").slice(0, 32);
}

/** A UUID version 7 (RFC 9562): sorts by the millisecond it was made in. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

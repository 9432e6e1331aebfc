import { ConcordanceError } from "../domain/errors";

/** Where a page ended, as text for the address bar. Instants are microseconds. */
export const encodeCursor = (parts: readonly (string | number | bigint)[]): string =>
  Buffer.from(JSON.stringify(parts.map(String))).toString("base64url");

/** The parts a cursor was made of. Throws `bad_cursor` where it is not one, or of another order. */
export function decodeCursor(cursor: string, parts: number): string[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(decoded) && decoded.length === parts && decoded.every((part) => typeof part === "string")) {
      return decoded;
    }
  } catch {
    // Told below.
  }
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "bad_cursor",
    message: "The page's cursor is not one of this list.",
    remedy: "Begin at the first page.",
  });
}

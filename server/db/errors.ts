import { ConcordanceError } from "../domain/errors";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "EPIPE",
  "57P01",
  "57P03",
]);
const REFUSED: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong",
  "28000": "this user may not sign in",
  "3D000": "the database does not exist",
  "53300": "it has no connections left",
};
const CAUSES_MAX = 8;

/** A failure to reach Postgres, told as one; null for any other error. Postgres' own codes, errors of the socket, and timeouts of the pool. */
export function postgresFault(error: unknown): ConcordanceError | null {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth++) {
    const code = "code" in current ? String(current.code) : "";
    const timeout = /timeout exceeded when trying to connect|Connection terminated/.test(current.message);
    if (UNREACHABLE.has(code) || timeout) return unavailable("it does not answer", "postgres_unreachable", error);
    const reason = REFUSED[code];
    if (reason !== undefined) return unavailable(reason, "postgres_refused", error);
    current = current.cause;
  }
  return null;
}

const unavailable = (reason: string, code: string, cause: unknown) =>
  new ConcordanceError({
    kind: "unavailable",
    code,
    message: `Postgres cannot be used: ${reason}.`,
    remedy: "Check DATABASE_URL and that the server runs; work goes on by itself once it answers.",
    cause,
  });

import { TRPCError } from "@trpc/server";
import { postgresFault } from "../db/errors";
import { ConcordanceError, type ErrorKind } from "../domain/errors";

/** Every kind of error has one answer to the caller; the compiler asks for a new one's. */
const CODES: Readonly<Record<ErrorKind, TRPCError["code"]>> = {
  config: "INTERNAL_SERVER_ERROR",
  unavailable: "SERVICE_UNAVAILABLE",
  conflict: "CONFLICT",
  not_found: "NOT_FOUND",
  forbidden: "FORBIDDEN",
  unauthenticated: "UNAUTHORIZED",
  invalid_input: "BAD_REQUEST",
  data_loss: "INTERNAL_SERVER_ERROR",
  corrupt: "INTERNAL_SERVER_ERROR",
  internal: "INTERNAL_SERVER_ERROR",
};

/** What a client learns of a failure beside its message. */
export interface PublicError {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly remedy: string | null;
  readonly at: Readonly<Record<string, string | number | null>>;
}

/** The Concordance error behind any failure; null for one nobody raised on purpose. */
export function knownError(error: unknown): ConcordanceError | null {
  if (error instanceof ConcordanceError) return error;
  if (error instanceof TRPCError && error.cause !== undefined) return knownError(error.cause);
  return postgresFault(error);
}

/** The one mapping of failures to the transport. What is not known is told as `internal`, without its message. */
export function toTrpcError(error: unknown): TRPCError {
  const known = knownError(error);
  if (known !== null && known.kind !== "internal") {
    return new TRPCError({ code: CODES[known.kind], message: known.message, cause: known });
  }
  // Bad input is refused by the procedure's own schema, whose message is made for the caller.
  if (error instanceof TRPCError && error.code !== "INTERNAL_SERVER_ERROR") return error;
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: "Something failed on the server. It is in the server's log.",
    cause: error,
  });
}

export function publicError(error: TRPCError): PublicError | null {
  const known = knownError(error);
  if (known === null || known.kind === "internal") {
    return error.code === "INTERNAL_SERVER_ERROR"
      ? { code: "internal", kind: "internal", remedy: "Try again; if it stays, look at the server's log.", at: {} }
      : { code: error.code.toLowerCase(), kind: "invalid_input", remedy: null, at: {} };
  }
  const at = Object.entries(known.at).map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]);
  return { code: known.code, kind: known.kind, remedy: known.remedy, at: Object.fromEntries(at) };
}

/**
 * Every error Concordance raises on purpose. `code` is stable snake_case and part of the public surface;
 * the message says what happened and where, `remedy` what the reader can do next.
 */
export type ErrorKind =
  | "config" // a setting, mapping or reference file is wrong: the operator edits it
  | "unavailable" // a service or store does not answer: retried with back-off
  | "conflict" // somebody else changed the same thing first
  | "not_found"
  | "forbidden"
  | "unauthenticated"
  | "invalid_input"
  | "data_loss" // a source no longer holds what the lake's marks expect: stop, never skip
  | "corrupt" // a stored object is not what its log says
  | "internal";

export interface ErrorFacts {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  /** Where: table, source, partition, file, field... Never card or account data. */
  readonly at?: Readonly<Record<string, string | number | bigint | null>>;
  readonly cause?: unknown;
}

export class ConcordanceError extends Error {
  override readonly name = "ConcordanceError";
  readonly kind: ErrorKind;
  readonly code: string;
  readonly remedy: string | null;
  readonly at: Readonly<Record<string, string | number | bigint | null>>;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.code = facts.code;
    this.remedy = facts.remedy ?? null;
    this.at = facts.at ?? {};
  }
}

/** States what must be true by construction; a failure is a bug in Concordance, never bad input. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new ConcordanceError({ kind: "internal", code: "invariant_broken", message });
  }
}

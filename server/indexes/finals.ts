import type { FinalDefinition } from "../batch/definition";
import { ConcordanceError } from "../domain/errors";
import { RECONCILIATION_FINAL } from "./reconciliation/final";
import { SETTLEMENT_FINAL } from "./settlement/final";

/** Every final index, each after those whose finals of the same date it reads. */
export const ALL_FINALS: readonly FinalDefinition<unknown>[] = [RECONCILIATION_FINAL, SETTLEMENT_FINAL];

/** The final of that name. Throws `no_such_final`. */
export function finalOf(index: string): FinalDefinition<unknown> {
  const found = ALL_FINALS.find((final) => final.index === index);
  if (found !== undefined) return found;
  throw new ConcordanceError({
    kind: "invalid_input",
    code: "no_such_final",
    message: `There is no final index "${index}".`,
    remedy: `Name one of: ${ALL_FINALS.map((final) => final.index).join(", ")}.`,
  });
}

import type { QuarantineCode } from "../quarantine-codes";
import type { QuarantineStage } from "../records";

/** Why a record cannot be accepted: a value, never thrown. */
export interface Fault {
  readonly code: QuarantineCode;
  readonly stage: QuarantineStage;
  readonly field: string | null;
  readonly message: string;
}

export const fault = (stage: QuarantineStage, code: QuarantineCode, field: string | null, message: string): Fault => ({
  stage,
  code,
  field,
  message,
});

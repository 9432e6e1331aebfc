import type { ZoneClock } from "../../domain/time";
import type { SignalMapping } from "../mapping/schema";
import type { FraudSignal } from "../records";
import type { DecoderOptions, Partial } from "./decoder";
import { compileEventTime } from "./event-time";
import { type Fault, fault } from "./fault";
import { compileField } from "./field";
import type { FormatReader, ParsedRecord } from "./format";
import { caught, orNull, orThrow, required } from "./transaction";

/** Compiles the fraud-signal half of a mapping. */
export function compileSignal(
  mapping: SignalMapping,
  format: FormatReader,
  clock: ZoneClock,
  options: Pick<DecoderOptions, "nowMicros">,
) {
  const { fields } = mapping;
  const signalId = compileField("fraud_signal_id", fields.fraud_signal_id, format);
  const transactionId = compileField("transaction_id", fields.transaction_id, format);
  const reasonCode = compileField("reason_code", fields.reason_code, format);
  const modelVersion = compileField("model_version", fields.model_version, format);
  const score = scoreReader(mapping, format);
  const eventTime = compileEventTime(mapping.event_time, format, options.nowMicros);

  const event = (record: ParsedRecord): FraudSignal => {
    const fraudSignalId = required(signalId(record), "missing_signal_id", "fraud_signal_id");
    const transaction = required(transactionId(record), "missing_transaction_id", "transaction_id");
    const fraudScore = orThrow(score(record));
    const eventTimeMicros = orThrow(eventTime(record));
    return {
      kind: "fraud_signal",
      fraudSignalId,
      transactionId: transaction,
      fraudScore,
      reasonCode: orThrow(reasonCode(record)),
      modelVersion: orThrow(modelVersion(record)),
      eventTimeMicros,
      businessDay: clock.businessDay(eventTimeMicros),
      dedupeKey: mapping.key === "position" ? null : fraudSignalId,
    };
  };

  return {
    event: (record: ParsedRecord): FraudSignal | Fault => caught(() => event(record)),
    partial: (record: ParsedRecord): Partial => ({
      transactionId: orNull(transactionId(record)),
      userId: null,
      amount: null,
      eventTimeMicros: orNull(eventTime(record)),
    }),
  };
}

function scoreReader({ score }: SignalMapping, format: FormatReader): (record: ParsedRecord) => number | Fault {
  const get = format.getter(score.from);
  return (record) => {
    const raw = get(record);
    const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    const scaled = typeof number === "number" ? number / score.scale : Number.NaN;
    if (scaled >= 0 && scaled <= 1) return scaled;
    return fault("validate", "bad_score", "fraud_score", `is not a number from 0 to ${score.scale}`);
  };
}

import type { CardReference } from "../../domain/card";
import { maskCardNumbersInText } from "../../domain/card";
import { err } from "../../domain/result";
import { createZoneClock, type Micros } from "../../domain/time";
import type { Format, Mapping } from "../mapping/schema";
import type { DecodeRecord, RawRecord, Rejection } from "../records";
import type { ReadAmount } from "./amount";
import type { Fault } from "./fault";
import { isFault } from "./field";
import { createFormatReader } from "./format";
import { maskedRaw } from "./masked-raw";
import { compileSignal } from "./signal";
import { compileTransaction } from "./transaction";

export interface DecoderOptions {
  readonly mapping: Mapping;
  /** How this source's records are written, where it differs from the mapping's file format. */
  readonly formatOverride?: Format;
  /** Card numbers to tokens (`createCardTokenizer`). */
  readonly tokenize: (digits: string) => CardReference;
  readonly recordBytesMax: number;
  readonly nowMicros: () => Micros;
}

/** What could be read of a record that was not accepted. */
export interface Partial {
  readonly transactionId: string | null;
  readonly userId: string | null;
  readonly amount: ReadAmount | null;
  readonly eventTimeMicros: Micros | null;
}

export interface CompiledDecoder {
  readonly produces: Mapping["produces"];
  readonly dedupe: Mapping["key"];
  readonly decode: DecodeRecord;
}

/** Compiles a mapping into a decoder of raw records. The decoder never throws on data: what is wrong comes back as a value. */
export function compileDecoder(options: DecoderOptions): CompiledDecoder {
  const { mapping } = options;
  const format = createFormatReader(options.formatOverride ?? mapping.format, options.recordBytesMax);
  const clock = createZoneClock(mapping.business_zone);
  const read =
    mapping.produces === "transactions"
      ? compileTransaction(mapping, format, clock, options)
      : compileSignal(mapping, format, clock, options);
  return {
    produces: mapping.produces,
    dedupe: mapping.key,
    decode: (record) => {
      const parsed = format.parse(record);
      if (!parsed.ok) return err(rejection(record, parsed.error, NOTHING_READ, null));
      const event = read.event(parsed.value);
      if (!isFault(event)) return { ok: true, value: event };
      const partial = read.partial(parsed.value);
      const day = partial.eventTimeMicros === null ? null : clock.businessDay(partial.eventTimeMicros);
      return err(rejection(record, event, partial, day));
    },
  };
}

const NOTHING_READ: Partial = { transactionId: null, userId: null, amount: null, eventTimeMicros: null };

function rejection(record: RawRecord, fault: Fault, partial: Partial, businessDay: number | null): Rejection {
  return {
    code: fault.code,
    stage: fault.stage,
    field: fault.field,
    message: maskCardNumbersInText(fault.message.toWellFormed()),
    maskedRaw: maskedRaw(record),
    transactionId: partial.transactionId,
    userId: partial.userId,
    amountMinor: partial.amount?.amountMinor ?? null,
    currency: partial.amount?.currency ?? null,
    exponent: partial.amount?.exponent ?? null,
    eventTimeMicros: partial.eventTimeMicros,
    businessDay,
  };
}

import { z } from "zod";
import { PAYMENT_TYPES, STATUSES } from "../records";

/** A column's name, or a path into JSON such as amount.value. `position` is the record's own position. */
const Path = z.string().min(1).max(200);

const Condition = z
  .strictObject({
    field: Path,
    starts_with: z.string().optional(),
    equals: z.string().optional(),
    one_of: z.array(z.string()).min(1).optional(),
    sign: z.enum(["negative", "zero", "positive"]).optional(),
    is_empty: z.boolean().optional(),
  })
  .refine(
    (condition) => Object.keys(condition).length === 2,
    "a condition has exactly one of starts_with, equals, one_of, sign, is_empty",
  );

const Reading = {
  strip_quotes: z.boolean().optional(),
  strip_suffix: z.string().min(1).optional(),
  map: z.record(z.string(), z.string()).optional(),
  otherwise: z.string().optional(),
  default: z.string().optional(),
};

/** How one field is read: from a path, a constant, a template of several, or by cases. */
export const FieldRule = z.union([
  Path,
  z.strictObject({ from: Path, ...Reading }),
  z.strictObject({ constant: z.string() }),
  z.strictObject({ template: z.string().regex(/\{[^}]+\}/, "a template names at least one {field}") }),
  z.strictObject({
    cases: z.array(z.strictObject({ when: Condition, value: z.string() })).min(1),
    otherwise: z.string().optional(),
  }),
]);
export type FieldRule = z.infer<typeof FieldRule>;

const Time = z.strictObject({
  from: Path,
  format: z.enum(["iso", "local", "pattern", "epoch_s", "epoch_ms", "epoch_us", "step"]),
  /** For pattern: made of yyyy, M, MM, d, dd, H, HH, mm, ss, SSS and other characters as they stand. */
  pattern: z.string().optional(),
  /** For local and pattern: the zone the clock ran in. */
  zone: z.string().optional(),
  /** For step: N of this unit from this date. */
  unit: z.enum(["days", "hours", "minutes", "seconds"]).optional(),
  start: z.string().optional(),
});

const Exponents = z.record(z.string(), z.number().int().min(0).max(9));
const AmountCommon = {
  currency: FieldRule,
  exponents: Exponents.optional(),
  /** Statuses whose amounts may be negative; "any" allows all. */
  negative: z.union([z.literal("any"), z.array(z.enum(STATUSES))]).optional(),
};
const Amount = z.union([
  z.literal("none"),
  z.strictObject({ minor: Path, ...AmountCommon }),
  z.strictObject({ decimal: Path, ...AmountCommon }),
  z.strictObject({ product: z.tuple([Path, Path]), ...AmountCommon }),
]);

const Format = z.union([
  z.strictObject({ type: z.literal("json") }),
  z.strictObject({
    type: z.literal("csv"),
    delimiter: z.string().length(1),
    columns: z.array(z.string().min(1)).min(1),
    header: z.boolean(),
  }),
  /** The first columns split off by the delimiter, the rest of the line one JSON object. */
  z.strictObject({
    type: z.literal("prefixed_json"),
    delimiter: z.string().length(1),
    columns: z.array(z.string().min(1)).min(1),
    where: z.record(z.string(), z.string()).optional(),
  }),
]);
export type Format = z.infer<typeof Format>;

const optionalField = FieldRule.optional();
const Party = z
  .strictObject({
    name: optionalField,
    account: optionalField,
    routing_type: optionalField,
    routing_value: optionalField,
  })
  .optional();

const TransactionFields = z.strictObject({
  transaction_id: FieldRule,
  event_id: optionalField,
  payment_type: FieldRule,
  status: FieldRule,
  user_id: FieldRule,
  merchant_id: optionalField,
  counterparty_id: optionalField,
  category: optionalField,
  mcc: optionalField,
  channel: optionalField,
  country: optionalField,
  decline_code: optionalField,
  return_code: optionalField,
  card_number: z.union([Path, z.strictObject({ from: Path })]).optional(),
  end_to_end_id: optionalField,
  psp_reference: optionalField,
  processing_ms: optionalField,
  originator: Party,
  beneficiary: Party,
  customer_gender: optionalField,
  customer_kyc_status: optionalField,
  customer_risk_rating: optionalField,
});

const common = {
  description: z.string().optional(),
  format: Format,
  /** event: a producer's duplicate is recognised by its key. position: every record is its own, repeats are genuine. */
  key: z.enum(["event", "position"]),
  business_zone: z.string(),
  event_time: Time,
};

export const Mapping = z.discriminatedUnion("produces", [
  z.strictObject({ produces: z.literal("transactions"), ...common, fields: TransactionFields, amount: Amount }),
  z.strictObject({
    produces: z.literal("fraud_signals"),
    ...common,
    fields: z.strictObject({
      fraud_signal_id: FieldRule,
      transaction_id: FieldRule,
      reason_code: optionalField,
      model_version: optionalField,
    }),
    score: z.strictObject({ from: Path, scale: z.union([z.literal(1), z.literal(100)]) }),
  }),
]);
export type Mapping = z.infer<typeof Mapping>;
export type TransactionMapping = Extract<Mapping, { produces: "transactions" }>;
export type SignalMapping = Extract<Mapping, { produces: "fraud_signals" }>;

export const KNOWN_PAYMENT_TYPES: ReadonlySet<string> = new Set(PAYMENT_TYPES);
export const KNOWN_STATUSES: ReadonlySet<string> = new Set(STATUSES);

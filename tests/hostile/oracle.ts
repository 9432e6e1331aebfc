import type { Kind } from "./payloads";

/** Column -> what the payload says it must hold, read without Concordance's decoder. Columns not named are not judged. */
export type Expected = ReadonlyMap<string, string>;

/** Where each column's value stands in the payload of a kind. */
const PATHS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "concordance-transactions": {
    transaction_id: "transaction_id",
    event_id: "event_id",
    payment_type: "payment_type",
    status: "status",
    user_id: "user_id",
    merchant_id: "merchant_id",
    currency: "currency",
    category: "category",
    end_to_end_id: "end_to_end_id",
    originator_name: "originator.name",
    originator_account: "originator.account",
    customer_gender: "customer.gender",
    event_time: "event_time",
    amount_minor: "amount_minor",
  },
  "concordance-signals": {
    fraud_signal_id: "fraud_signal_id",
    transaction_id: "transaction_id",
    reason_code: "reason_code",
    model_version: "model_version",
    fraud_score: "fraud_score",
    event_time: "event_time",
  },
  "nested-payments": {
    transaction_id: "payment_id",
    user_id: "originator.party_id",
    counterparty_id: "beneficiary.party_id",
    originator_name: "originator.name",
    beneficiary_name: "beneficiary.name",
    currency: "amount.currency",
    event_time: "timestamp",
  },
  "pipe-events": {
    transaction_id: "transaction_id",
    user_id: "user_id",
    merchant_id: "merchant_id",
    currency: "currency",
  },
};

export const columnsOf = ({ mapping }: Kind): readonly string[] => Object.keys(PATHS[mapping] ?? {});

/** Null where the kind is not judged: a CSV record may span lines. Throws where the payload is no JSON: it cannot have been accepted. */
export function expectedRow({ mapping }: Kind, bytes: Buffer): Expected | null {
  const paths = PATHS[mapping];
  if (paths === undefined) return null;
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const json = mapping === "pipe-events" ? text.slice(text.indexOf("|", text.indexOf("|") + 1) + 1) : text;
  const payload: unknown = JSON.parse(json.replace(/^\ufeff/, ""));
  const expected = new Map<string, string>();
  for (const [column, path] of Object.entries(paths)) {
    const value = path.split(".").reduce<unknown>((inner, key) => own(inner, key), payload);
    const said = saidOf(column, value);
    if (said !== null) expected.set(column, said);
  }
  return expected;
}

const own = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;

/** Null where several readings are allowed: numbers as text, blanks, and what may be a card number. */
function saidOf(column: string, value: unknown): string | null {
  if (column === "event_time") {
    return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)
      ? String(Date.parse(value))
      : null;
  }
  if (column === "amount_minor") {
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value + 0) : null;
    return typeof value === "string" && /^-?[1-9]\d{0,17}$/.test(value) ? value : null;
  }
  if (column === "fraud_score") return typeof value === "number" ? String(value + 0) : null;
  if (typeof value !== "string" || value.trim() === "" || /\d(?:[ -]?\d){12}/.test(value)) return null;
  return value;
}

/** A cell of the lake as text, comparable with what the payload says. */
export function storedText(column: string, cell: unknown): string | null {
  if (cell === null || cell === undefined) return null;
  if (cell instanceof Date) return String(cell.getTime());
  return column === "fraud_score" ? String(Number(cell)) : String(cell);
}

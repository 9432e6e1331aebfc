import { z } from "zod";
import { isZone } from "../../domain/time";
import { patternFault } from "../../pipeline/decode/time-text";
import { FieldRule } from "../../pipeline/mapping/schema";

const Column = z.string().min(1).max(200);
const optionalField = FieldRule.optional();

const DateRule = z
  .strictObject({
    from: Column,
    /** iso: 2026-11-20, with or without a time and zone. pattern: as in event mappings. */
    format: z.enum(["iso", "pattern"]),
    pattern: z.string().optional(),
    /** Zone of a time without one; without it only the day is known. */
    zone: z.string().refine(isZone, "is not an IANA time zone").optional(),
  })
  .superRefine((rule, context) => {
    const fault =
      rule.format === "iso"
        ? rule.pattern === undefined
          ? null
          : "means nothing with format iso"
        : rule.pattern === undefined
          ? "a pattern is needed, such as d.M.yyyy"
          : patternFault(rule.pattern);
    if (fault !== null) context.addIssue({ code: "custom", path: ["pattern"], message: fault });
  });
export type DateRule = z.infer<typeof DateRule>;

const Amount = z.union([
  /** One signed column; positive is a credit unless stated otherwise. */
  z.strictObject({ signed: Column, positive: z.enum(["credit", "debit"]).default("credit") }),
  /** A column each; in a row at most one of them is filled and not zero. */
  z.strictObject({ credit: Column, debit: Column }),
  /** An amount without sign and a field that reads "credit" or "debit" after its value map. */
  z.strictObject({ unsigned: Column, direction: FieldRule }),
]);

/** How a CSV export of a bank or provider is read as statements, one per account and currency. */
export const CsvStatementMapping = z
  .strictObject({
    description: z.string().optional(),
    delimiter: z.string().length(1).default(","),
    charset: z.enum(["utf-8", "latin1", "windows-1252"]).default("utf-8"),
    /** Lines before the header that belong to no table. */
    skip: z.number().int().min(0).max(100).default(0),
    /** Names of all columns, in order, where the file has no header. */
    columns: z.array(Column).min(1).optional(),
    account: FieldRule,
    account_name: optionalField,
    institution: optionalField,
    currency: FieldRule,
    booking_date: DateRule,
    value_date: DateRule.optional(),
    amount: Amount,
    /** decimal: 12.50. minor: whole minor units. */
    unit: z.enum(["decimal", "minor"]).default("decimal"),
    decimal_mark: z.enum([".", ","]).default("."),
    /** What groups thousands, where the file does: 1.234,56 or 1'234.56. */
    group_mark: z.enum([".", ",", " ", "'", "’"]).optional(),
    exponents: z.record(z.string(), z.number().int().min(0).max(9)).default({}),
    /** Column of a charge the amount is net of; positive where it was taken. */
    charge: Column.optional(),
    /** Column of the account's balance after each row: the control total of such files. */
    balance_after: Column.optional(),
    order: z.enum(["oldest_first", "newest_first"]).default("oldest_first"),
    /** booked, pending or information after its value map; booked where absent. */
    status: optionalField,
    /** "true" after its value map where the row takes back an earlier one. */
    reversal: optionalField,
    code: optionalField,
    return_code: optionalField,
    batch_id: optionalField,
    references: z
      .strictObject({
        end_to_end_id: optionalField,
        instruction_id: optionalField,
        transaction_id: optionalField,
        bank_reference: optionalField,
        customer_reference: optionalField,
        mandate_id: optionalField,
        creditor_reference: optionalField,
        psp_reference: optionalField,
      })
      .default({}),
    counterparty: z
      .strictObject({ name: optionalField, account: optionalField, institution: optionalField })
      .default({}),
    remittance: optionalField,
    /** Accept a file whose last line has no line ending though no total shows that it is whole. */
    open_end: z.boolean().default(false),
  })
  .refine((mapping) => mapping.group_mark !== mapping.decimal_mark, {
    path: ["group_mark"],
    message: "is the decimal mark too",
  });
export type CsvStatementMapping = z.infer<typeof CsvStatementMapping>;

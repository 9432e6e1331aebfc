import { CALENDAR_IDS } from "../domain/calendar/calendars";
import type { CardReference } from "../domain/card";
import type { CellValue } from "../lake/table-buffer";
import type { TableSpec } from "../lake/types";
import * as read from "./columns";
import { DIM_CUSTOMERS, DIM_FEE_PLANS, DIM_MERCHANTS, DIM_PAYOUT_TERMS, DIM_STOLEN_CARDS } from "./tables";

export interface ReferenceColumn {
  readonly name: string;
  readonly required: boolean;
  readonly read: read.ReadCell;
}

/** One reference file of the lake's `reference/` folder and the dimension table it becomes. */
export interface ReferenceFile {
  readonly name: string;
  readonly key: string;
  readonly table: TableSpec;
  readonly columns: readonly ReferenceColumn[];
  /** Columns of which one must be given: it names the row. */
  readonly identity: readonly string[];
  /** Cells of the row that tell it from every other; the first where left out. */
  readonly keyCells?: number;
  /** What is wrong with cells that are sound one by one; null where nothing is. */
  fault?(cells: ReadonlyMap<string, CellValue>): { readonly column: string; readonly message: string } | null;
  /** Cells by column name to a row in the order of the table's columns, its key first; null where nothing names the row. */
  row(cells: ReadonlyMap<string, CellValue>): CellValue[] | null;
}

const mustHave = (name: string, cell: read.ReadCell): ReferenceColumn => ({ name, required: true, read: cell });
const mayHave = (name: string, cell: read.ReadCell): ReferenceColumn => ({ name, required: false, read: cell });

const inOrder = (table: TableSpec) => (cells: ReadonlyMap<string, CellValue>) =>
  table.columns.map((column) => cells.get(column.name) ?? null);

const MERCHANTS: ReferenceFile = {
  name: "merchants",
  key: "reference/merchants.csv",
  table: DIM_MERCHANTS,
  identity: ["merchant_id"],
  columns: [
    mustHave("merchant_id", read.text),
    mustHave("name", read.text),
    mayHave("risk_level", read.oneOf("LOW", "MEDIUM", "HIGH")),
    mayHave("mcc", read.merchantCategory),
    mayHave("onboarded_on", read.date),
    mayHave("country", read.country),
    mayHave("payout_delay_days", read.wholeNumber(0, 365)),
    mayHave("payout_cutoff", read.localTime),
    mayHave("payout_zone", read.zone),
    mayHave("fee_plan", read.text),
    mayHave("reserve_percent", read.percent),
    mayHave("payout_hold", read.flag),
  ],
  row: inOrder(DIM_MERCHANTS),
};

const CUSTOMERS: ReferenceFile = {
  name: "customers",
  key: "reference/customers.csv",
  table: DIM_CUSTOMERS,
  identity: ["user_id"],
  columns: [
    mustHave("user_id", read.text),
    mayHave("name", read.text),
    mayHave("gender", read.text),
    mayHave("birth_date", read.date),
    mayHave("address", read.text),
    mayHave("country", read.country),
    mayHave("identification_number", read.text),
    mayHave("kyc_status", read.text),
    mayHave("risk_rating", read.text),
  ],
  row: inOrder(DIM_CUSTOMERS),
};

const PAYOUT_TERMS: ReferenceFile = {
  name: "payout_terms",
  key: "reference/payout_terms.csv",
  table: DIM_PAYOUT_TERMS,
  identity: ["merchant_id"],
  keyCells: 3,
  columns: [
    mustHave("merchant_id", read.text),
    mustHave("currency", read.currencyOrAll),
    mustHave("effective_from", read.date),
    mustHave("delay_days", read.wholeNumber(0, 365)),
    mustHave("cutoff", read.cutOffTime),
    mustHave("zone", read.zone),
    mayHave("calendar", read.oneOf(...CALENDAR_IDS)),
    mustHave("schedule", read.oneOf("business_day", "week", "month")),
    mayHave("schedule_days", read.daysList),
    mayHave("fee_plan", read.text),
    mayHave("reserve_percent", read.percent),
    mayHave("reserve_days", read.wholeNumber(1, 3_650)),
    mayHave("minimum_minor", read.minorUnits),
  ],
  fault: (cells) => {
    const [schedule, days] = [cells.get("schedule"), cells.get("schedule_days")];
    if ((schedule === "business_day") === (typeof days === "string")) {
      return { column: "schedule_days", message: `does not go with the schedule ${String(schedule)}` };
    }
    if (schedule === "week" && !/^[1-7]( [1-7])*$/.test(String(days))) {
      return { column: "schedule_days", message: "names weekdays from 1 (Monday) to 7" };
    }
    const hasReserve = Number(cells.get("reserve_percent") ?? 0) > 0;
    if (!hasReserve || cells.has("reserve_days")) return null;
    return { column: "reserve_days", message: "is empty; it says how long the reserve is kept" };
  },
  row: inOrder(DIM_PAYOUT_TERMS),
};

const FEE_PLANS: ReferenceFile = {
  name: "fee_plans",
  key: "reference/fee_plans.csv",
  table: DIM_FEE_PLANS,
  identity: ["fee_plan"],
  keyCells: 4,
  columns: [
    mustHave("fee_plan", read.text),
    mustHave("currency", read.currencyOrAll),
    mustHave("payment_type", read.text),
    mustHave("effective_from", read.date),
    mustHave("percent", read.percent),
    mustHave("fixed_minor", read.minorUnits),
    mayHave("minimum_minor", read.minorUnits),
    mayHave("maximum_minor", read.minorUnits),
  ],
  row: inOrder(DIM_FEE_PLANS),
};

/** Stolen cards come as numbers, which become tokens here and go no further, or as tokens with their last four digits. */
const stolenCards = (tokenize: (digits: string) => CardReference): ReferenceFile => ({
  name: "stolen_cards",
  key: "reference/stolen_cards.csv",
  table: DIM_STOLEN_CARDS,
  identity: ["card_number", "card_token"],
  columns: [
    mayHave("card_number", read.cardNumber),
    mayHave("card_token", read.cardToken),
    mayHave("card_last4", read.lastFour),
    mayHave("reported_at", read.instant),
  ],
  row: (cells) => {
    const number = cells.get("card_number");
    const reportedAt = cells.get("reported_at") ?? null;
    if (typeof number === "string") {
      const { token, last4 } = tokenize(number);
      return [token, last4, reportedAt];
    }
    const token = cells.get("card_token");
    return typeof token === "string" ? [token, cells.get("card_last4") ?? null, reportedAt] : null;
  },
});

/** The reference files Concordance reads. `tokenize` is the card tokenizer of the decoders, so that tokens agree. */
export const referenceFiles = (tokenize: (digits: string) => CardReference): readonly ReferenceFile[] => [
  MERCHANTS,
  CUSTOMERS,
  PAYOUT_TERMS,
  FEE_PLANS,
  stolenCards(tokenize),
];

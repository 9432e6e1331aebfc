import type { CardReference } from "../domain/card";
import type { CellValue } from "../lake/table-buffer";
import type { TableSpec } from "../lake/types";
import * as read from "./columns";
import { DIM_CUSTOMERS, DIM_MERCHANTS, DIM_STOLEN_CARDS } from "./tables";

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
  stolenCards(tokenize),
];

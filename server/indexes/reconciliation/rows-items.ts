import type { z } from "zod";
import type { AuthorizedScope } from "../../auth/scope";
import { bigOrNull, coordinatesOf, moneyOf, type Row, text, textOrNull, whole } from "../../query/values";
import type { Item, WaterfallRow } from "./contract";

/** A row of the close as a page shows it. */
export const itemOf = (row: Row, seesParties: boolean): z.infer<typeof Item> => ({
  rowKey: text(row, "row_key"),
  rowKind: text(row, "row_kind"),
  itemKey: textOrNull(row, "item_key"),
  side: text(row, "side"),
  state: text(row, "state"),
  role: text(row, "role"),
  amount: moneyOf(row),
  grossMinor: bigOrNull(row, "gross_minor"),
  feeMinor: bigOrNull(row, "fee_minor"),
  transactionId: textOrNull(row, "transaction_id"),
  status: textOrNull(row, "status"),
  paymentType: textOrNull(row, "payment_type"),
  merchantId: textOrNull(row, "merchant_id"),
  reference: textOrNull(row, "reference"),
  counterparty: seesParties ? textOrNull(row, "counterparty") : null,
  account: textOrNull(row, "account"),
  lineKey: textOrNull(row, "line_key"),
  payoutKey: textOrNull(row, "payout_key"),
  itemDate: textOrNull(row, "item_date"),
  expectedOn: textOrNull(row, "expected_on"),
  source: coordinatesOf(row),
});

/** What makes up a payout or an account's day, in the order it is read. */
const ORDER = [
  "gross",
  "payments",
  "payouts",
  "refunds",
  "chargebacks",
  "returns",
  "fees",
  "reserve_held",
  "reserve_released",
  "fx",
  "adjustments",
  "written_off",
  "forced",
  "residual",
  "bank",
];
const placeOf = (component: string): number => (ORDER.includes(component) ? ORDER.indexOf(component) : ORDER.length);

/** Puts the components of each waterfall together; `rows` come with `wkey` and are of whole waterfalls. */
export function waterfallsOf(rows: readonly Row[]): WaterfallRow[] {
  const groups = groupBy(rows, (row) => text(row, "wkey"));
  return [...groups].map(([key, parts]) => {
    const [first] = parts;
    if (first === undefined) throw new Error("a group without rows");
    const components = parts
      .map((row) => ({ component: text(row, "field"), amountMinor: bigOrNull(row, "amount_minor") ?? 0n }))
      .sort((a, b) => placeOf(a.component) - placeOf(b.component));
    return {
      key,
      payoutKey: textOrNull(first, "payout_key"),
      account: text(first, "account"),
      currency: text(first, "currency"),
      exponent: whole(first, "exponent"),
      components,
      residualMinor: components
        .filter(({ component }) => component === "residual")
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
      sumMinor: components.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    };
  });
}

/** Names the waterfall a row belongs to. */
export const WATERFALL_KEY = "coalesce('p|' || payout_key, 'a|' || account || '|' || currency)";

/** Names of other parties: for who works on breaks, and who sees names anyway. */
export const seesCounterparties = ({ seesNames, person }: AuthorizedScope): boolean =>
  seesNames || person.roles.includes("finance");

/** Rows by key, both in the order they come. */
export function groupBy<Row>(rows: Iterable<Row>, keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

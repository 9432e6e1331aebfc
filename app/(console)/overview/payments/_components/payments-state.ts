import { type inferParserType, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { namesOf } from "@/components/ui/names";
import type { PaymentsQuery } from "@/server/console/payments-contract";

const PAGE_ROWS = 100;

export type MoneyFlow = PaymentsQuery["flow"];
const FLOWS = namesOf<MoneyFlow>({ in: true, out: true, in_flight: true });

export const FLOW_WORDS: Readonly<Record<MoneyFlow, string>> = {
  in: "Money in: settled",
  out: "Money out: refunds, returns, chargebacks",
  in_flight: "In flight: each at its newest step of the day",
};

export const paymentsParsers = {
  /** Business date. */
  date: parseAsString,
  currency: parseAsString,
  flow: parseAsStringLiteral(FLOWS).withDefault("in"),
  /** Source coordinates of the row the keys are on. */
  row: parseAsString,
};
export type PaymentsState = inferParserType<typeof paymentsParsers>;

/** Null where the address does not say of which date and currency. */
export function paymentsQueryOf({ date, currency, flow }: PaymentsState): Omit<PaymentsQuery, "cursor"> | null {
  if (date === null || !/^\d{4}-\d{2}-\d{2}$/.test(date) || currency?.length !== 3) return null;
  return { businessDate: date, currency, flow, limit: PAGE_ROWS };
}

/** Where the payments behind an amount are listed. */
export const paymentsHref = (date: string, currency: string, flow: MoneyFlow): string =>
  `/overview/payments?${new URLSearchParams({ date, currency, flow })}`;

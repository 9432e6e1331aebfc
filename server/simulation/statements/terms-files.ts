import { addDays } from "../../domain/calendar/business-days";
import { formatMinor } from "../../domain/money";
import type { BusinessDate } from "../../domain/time";
import { COUNTRIES } from "../catalog";
import { ACCOUNTS, feePlanOf, PAYOUT_CURRENCIES, settlementCurrency } from "./accounts";
import { one, writePieces } from "./files";
import { rateOn, rateText } from "./rates";

/**
 * What a reconciliation of the statements must be told: fee plans, reference rates and currencies of settlement, as the
 * settings of the reconciliation index take them (reconciliation.json); and a list of the accounts.
 */
export async function writeTerms(
  directory: string,
  seed: number,
  first: BusinessDate,
  until: BusinessDate,
): Promise<void> {
  const settings = { settlesIn: settlesIn(), feePlans: feePlans(), rates: rates(seed, first, until) };
  await writePieces(directory, "reconciliation.json", one(`${JSON.stringify(settings, null, 2)}\n`));
  await writePieces(directory, "accounts.csv", one(accountsCsv()));
}

/** The reference rates of the days as `reference/fx_rates.csv` holds them: date, from, to, rate. */
export const ratesCsv = (seed: number, first: BusinessDate, until: BusinessDate): string =>
  `date,from,to,rate\n${rates(seed, first, until)
    .map(({ date, from, to, rate }) => `${date},${from},${to},${rate}\n`)
    .join("")}`;

function settlesIn(): Record<string, string> {
  const currencies = [...new Set(COUNTRIES.map(({ currency }) => currency))];
  const pairs = currencies.map((currency) => [currency, settlementCurrency(currency)] as const);
  return Object.fromEntries(pairs.filter(([from, to]) => from !== to));
}

function rates(seed: number, first: BusinessDate, until: BusinessDate) {
  const rows: { date: BusinessDate; from: string; to: string; rate: string }[] = [];
  const converted = Object.entries(settlesIn());
  // A payment that came late is of a day before the first.
  for (let date = addDays(first, -1); date <= until; date = addDays(date, 1)) {
    for (const [from, to] of converted) rows.push({ date, from, to, rate: rateText(rateOn(seed, from, to, date)) });
  }
  return rows;
}

const feePlans = () =>
  (["stripe", "adyen"] as const).flatMap((psp) =>
    PAYOUT_CURRENCIES.map((currency) => {
      const { id, rounding, terms } = feePlanOf(psp, currency);
      const rules = terms[0].rules.map(({ paymentTypes, percent, fixedMinor }) => ({
        paymentTypes,
        percent: formatMinor(percent.unscaled, percent.scale),
        fixedMinor: String(fixedMinor),
      }));
      return { id, source: psp, currency, rounding, terms: [{ since: null, rules }] };
    }),
  );

function accountsCsv(): string {
  const rows = Object.values(ACCOUNTS).map(
    ({ slug, number, institution, currency, format }) => `${slug},${number},${institution},${currency},${format}`,
  );
  return `${["account,number,institution,currency,format", ...rows].join("\n")}\n`;
}

import { addDays } from "../../domain/calendar/business-days";
import { formatMinor } from "../../domain/money";
import type { BusinessDate } from "../../domain/time";
import { COUNTRIES } from "../catalog";
import { ACCOUNTS, feePlanOf, PAYOUT_CURRENCIES, PAYOUT_FEE_MINOR, settlementCurrency } from "./accounts";
import { one, writePieces } from "./files";
import { rateOn, rateText } from "./rates";

/** What a reconciliation of the statements must know beside them: rates of every day, fee plans, accounts. */
export async function writeTerms(
  directory: string,
  seed: number,
  first: BusinessDate,
  until: BusinessDate,
): Promise<void> {
  await writePieces(directory, "fx_rates.csv", one(ratesCsv(seed, first, until)));
  await writePieces(directory, "fee_plans.json", one(`${JSON.stringify(feePlans(), null, 2)}\n`));
  await writePieces(directory, "accounts.csv", one(accountsCsv()));
}

function ratesCsv(seed: number, first: BusinessDate, until: BusinessDate): string {
  const currencies = [...new Set(COUNTRIES.map(({ currency }) => currency))];
  const converted = currencies.filter((currency) => settlementCurrency(currency) !== currency);
  const rows = ["date,from_currency,to_currency,rate"];
  for (let date = first; date <= until; date = addDays(date, 1)) {
    for (const from of converted) {
      const to = settlementCurrency(from);
      rows.push(`${date},${from},${to},${rateText(rateOn(seed, from, to, date))}`);
    }
  }
  return `${rows.join("\n")}\n`;
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
      return { id, source: psp, currency, rounding, rules, perPayoutMinor: String(PAYOUT_FEE_MINOR[psp]) };
    }),
  );

function accountsCsv(): string {
  const rows = Object.values(ACCOUNTS).map(
    ({ slug, number, institution, currency, format }) => `${slug},${number},${institution},${currency},${format}`,
  );
  return `${["account,number,institution,currency,format", ...rows].join("\n")}\n`;
}

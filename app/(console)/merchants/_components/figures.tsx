import { Money, moneyText } from "@/components/ui/money";
import type { MerchantFigures } from "@/server/indexes/merchants/contract";

/** "12.4%"; "—" where there was nothing to divide by. */
export const rateText = (rate: number | null): string => (rate === null ? "—" : `${(rate * 100).toFixed(1)}%`);

export function Rate({ rate }: { rate: number | null }) {
  return <span title={rate === null ? "nothing to divide by" : undefined}>{rateText(rate)}</span>;
}

type AmountName = "grossMinor" | "netMinor" | "averageTicketMinor" | "refundedMinor" | "chargebackMinor";

/** One of the amounts of a merchant's figures, in their currency. */
export function Figure({
  of,
  name,
}: {
  of: Pick<MerchantFigures, "currency" | "exponent" | AmountName>;
  name: AmountName;
}) {
  return <Money amount={amountOf(of, name)} />;
}

/** The number alone, where the name of the figure says the currency. */
export function BareAmount({
  of,
  name,
}: {
  of: Pick<MerchantFigures, "currency" | "exponent"> & { readonly [Name in AmountName]?: bigint | null };
  name: AmountName;
}) {
  const amount = amountOf(of, name);
  return amount === null ? <span title="not given">—</span> : moneyText(amount);
}

export function amountOf(
  figures: Pick<MerchantFigures, "currency" | "exponent"> & { readonly [Name in AmountName]?: bigint | null },
  name: AmountName,
) {
  const { currency, exponent } = figures;
  const amountMinor = figures[name];
  if (currency === null || exponent === null || amountMinor === null || amountMinor === undefined) return null;
  return { amountMinor, currency, exponent };
}

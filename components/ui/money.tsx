import type { MoneyValue } from "@/server/domain/answer";
import { formatMinor } from "@/server/domain/money";
import classes from "./money.module.css";

/** An amount as its currency writes it, exact; "—" where none was given. */
export function Money({ amount }: { amount: MoneyValue | null }) {
  if (amount === null) {
    return (
      <span className={classes.money} title="not given">
        —
      </span>
    );
  }
  return (
    <span className={classes.money}>
      {moneyText(amount)} <span className={classes.currency}>{amount.currency}</span>
    </span>
  );
}

/** "-1,234.50": grouped, with a true minus sign. */
export function moneyText({ amountMinor, exponent }: MoneyValue): string {
  const [whole = "", decimals] = formatMinor(amountMinor < 0n ? -amountMinor : amountMinor, exponent).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${amountMinor < 0n ? "−" : ""}${grouped}${decimals === undefined ? "" : `.${decimals}`}`;
}

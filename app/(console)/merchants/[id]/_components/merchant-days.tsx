"use client";

import Link from "next/link";
import type { ChartPeriod } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { moneyText } from "@/components/ui/money";
import type { MerchantDay } from "@/server/indexes/merchants/contract";
import { amountOf, Figure, Rate } from "../../_components/figures";
import classes from "../../_components/merchants.module.css";

type AmountName = "grossMinor" | "netMinor";
type RateName = "approvalRate" | "refundRate" | "chargebackRate";

const instantOf = ({ businessDate }: MerchantDay): string => `${businessDate}T00:00:00Z`;

/** Drawn as a decimal number; the tooltip and the table have it exact. */
const amountPoint = (day: MerchantDay, name: AmountName) => {
  const amount = amountOf(day, name);
  if (amount === null) return { at: instantOf(day), value: null };
  const value = Number(amount.amountMinor) / 10 ** amount.exponent;
  return { at: instantOf(day), value, text: `${moneyText(amount)} ${amount.currency}` };
};

const ratePoint = (day: MerchantDay, name: RateName) => {
  const rate = day[name];
  return { at: instantOf(day), value: rate === null ? null : rate * 100 };
};

export interface MerchantDaysProps {
  readonly days: readonly MerchantDay[];
  readonly onBrush: (period: ChartPeriod) => void;
}

/** Amounts, rates and steps per business date, of one currency. */
export function MerchantCharts({ days, onBrush }: MerchantDaysProps) {
  const common = { axis: "day", onBrush } as const;
  const withAmounts = days.some(({ grossMinor }) => grossMinor !== null);
  return (
    <div className={classes.pair}>
      {withAmounts && (
        <TimeSeriesChart
          {...common}
          label="Gross and net per business date"
          series={[
            { key: "gross", label: "Gross", points: days.map((day) => amountPoint(day, "grossMinor")) },
            { key: "net", label: "Net", points: days.map((day) => amountPoint(day, "netMinor")) },
          ]}
        />
      )}
      <TimeSeriesChart
        {...common}
        label="Settled and declined per business date"
        kind="bars"
        series={[
          { key: "settled", label: "Settled", points: days.map((day) => ({ at: instantOf(day), value: day.settled })) },
          {
            key: "declined",
            label: "Declined",
            points: days.map((day) => ({ at: instantOf(day), value: day.declined })),
          },
        ]}
      />
      <TimeSeriesChart
        {...common}
        label="Approval rate per business date"
        unit="%"
        series={[{ key: "approval", label: "Approved", points: days.map((day) => ratePoint(day, "approvalRate")) }]}
      />
      <TimeSeriesChart
        {...common}
        label="Refund and chargeback rates per business date"
        unit="%"
        series={[
          { key: "refunds", label: "Refunds", points: days.map((day) => ratePoint(day, "refundRate")) },
          { key: "chargebacks", label: "Chargebacks", points: days.map((day) => ratePoint(day, "chargebackRate")) },
        ]}
      />
    </div>
  );
}

const HEADS = [
  "Events",
  "Settled",
  "Approved",
  "Refunds",
  "Chargebacks",
  "Gross",
  "Net",
  "Average ticket",
  "Customers",
] as const;

/** The same per day as a table, newest first; a date opens its day. */
export function DaysTable({ days, currency }: { days: readonly MerchantDay[]; currency: string | null }) {
  return (
    <section
      className={classes.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
      tabIndex={0}
      aria-label={`Business dates${currency === null ? "" : ` in ${currency}`}`}
    >
      <table className={classes.facts}>
        <thead>
          <tr>
            <th scope="col">Business date</th>
            {HEADS.map((head) => (
              <th key={head} scope="col" className={classes.right}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <DayRow key={day.businessDate} day={day} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DayRow({ day }: { day: MerchantDay }) {
  return (
    <tr>
      <th scope="row">
        <Link href={`?from=${day.businessDate}&to=${day.businessDate}`}>{day.businessDate}</Link>
      </th>
      <td className={classes.right}>{day.events.toLocaleString("en-US")}</td>
      <td className={classes.right}>{day.settled.toLocaleString("en-US")}</td>
      <td className={classes.right}>
        <Rate rate={day.approvalRate} />
      </td>
      <td className={classes.right}>
        <Rate rate={day.refundRate} />
      </td>
      <td className={classes.right}>
        <Rate rate={day.chargebackRate} />
      </td>
      <td className={classes.right}>
        <Figure of={day} name="grossMinor" />
      </td>
      <td className={classes.right}>
        <Figure of={day} name="netMinor" />
      </td>
      <td className={classes.right}>
        <Figure of={day} name="averageTicketMinor" />
      </td>
      <td className={classes.right}>{day.customers.toLocaleString("en-US")}</td>
    </tr>
  );
}

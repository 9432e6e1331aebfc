"use client";

import Link from "next/link";
import type { ChartPeriod, ChartPoint } from "@/components/charts/series";
import { TimeSeriesChart } from "@/components/charts/time-series-chart";
import { moneyText } from "@/components/ui/money";
import type { MerchantDay } from "@/server/indexes/merchants/contract";
import { amountOf, Figure, Rate } from "../../_components/figures";
import classes from "../../_components/merchants.module.css";

type AmountName = "grossMinor" | "netMinor";
type RateName = "approvalRate" | "refundRate" | "chargebackRate";

const DAY_MS = 86_400_000;

interface PlotDay {
  /** Midnight of the business date. */
  readonly at: string;
  /** Null where nothing happened: such a day has no row. */
  readonly day: MerchantDay | null;
}

/** Every date from the first to the last, so that a line does not run across days without figures. */
function everyDay(days: readonly MerchantDay[]): PlotDay[] {
  const known = new Map(days.map((day) => [Date.parse(day.businessDate), day]));
  const [first, last] = [Math.min(...known.keys()), Math.max(...known.keys())];
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_, place) => ({
    at: new Date(first + place * DAY_MS).toISOString(),
    day: known.get(first + place * DAY_MS) ?? null,
  }));
}

/** Drawn as a decimal number; the tooltip and the table have it exact. */
function amountPoint({ at, day }: PlotDay, name: AmountName): ChartPoint {
  const amount = day === null ? null : amountOf(day, name);
  if (amount === null) return { at, value: null };
  const value = Number(amount.amountMinor) / 10 ** amount.exponent;
  return { at, value, text: `${moneyText(amount)} ${amount.currency}` };
}

function ratePoint({ at, day }: PlotDay, name: RateName): ChartPoint {
  const rate = day?.[name] ?? null;
  return { at, value: rate === null ? null : rate * 100 };
}

const countPoint = ({ at, day }: PlotDay, name: "settled" | "declined"): ChartPoint => ({
  at,
  value: day?.[name] ?? 0,
});

export interface MerchantDaysProps {
  readonly days: readonly MerchantDay[];
  readonly onBrush: (period: ChartPeriod) => void;
}

/** Amounts, rates and steps per business date, of one currency. */
export function MerchantCharts({ days, onBrush }: MerchantDaysProps) {
  const common = { axis: "day", onBrush } as const;
  const plotted = everyDay(days);
  const withAmounts = days.some(({ grossMinor }) => grossMinor !== null);
  return (
    <div className={classes.pair}>
      {withAmounts && (
        <TimeSeriesChart
          {...common}
          label="Gross and net per business date"
          series={[
            { key: "gross", label: "Gross", points: plotted.map((day) => amountPoint(day, "grossMinor")) },
            { key: "net", label: "Net", points: plotted.map((day) => amountPoint(day, "netMinor")) },
          ]}
        />
      )}
      <TimeSeriesChart
        {...common}
        label="Settled and declined per business date"
        kind="bars"
        series={[
          { key: "settled", label: "Settled", points: plotted.map((day) => countPoint(day, "settled")) },
          {
            key: "declined",
            label: "Declined",
            points: plotted.map((day) => countPoint(day, "declined")),
          },
        ]}
      />
      <TimeSeriesChart
        {...common}
        label="Approval rate per business date"
        unit="%"
        series={[{ key: "approval", label: "Approved", points: plotted.map((day) => ratePoint(day, "approvalRate")) }]}
      />
      <TimeSeriesChart
        {...common}
        label="Refund and chargeback rates per business date"
        unit="%"
        series={[
          { key: "refunds", label: "Refunds", points: plotted.map((day) => ratePoint(day, "refundRate")) },
          { key: "chargebacks", label: "Chargebacks", points: plotted.map((day) => ratePoint(day, "chargebackRate")) },
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

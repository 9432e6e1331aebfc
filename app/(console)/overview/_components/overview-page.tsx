"use client";

import { Group, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { Sparkline } from "@/components/charts/sparkline";
import { shortDuration } from "@/components/console/freshness";
import { PageHeader } from "@/components/console/page-header";
import { useMe } from "@/components/console/use-me";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { QueryBoundary } from "@/components/ui/query-boundary";
import { StatTile, StatTiles } from "@/components/ui/stat-tile";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { Overview, OverviewRow } from "@/server/console/contract";
import { type MoneyFlow, paymentsHref } from "../payments/_components/payments-state";
import classes from "./overview.module.css";
import { businessDateOf, overviewParsers } from "./overview-state";

const REFRESH_MS = 5_000;

/** Is it fresh, is it right, what wants a person now. */
export function OverviewPage() {
  const trpc = useTRPC();
  const [state, setState] = useQueryStates(overviewParsers, { history: "push" });
  const query = useQuery(
    trpc.overview.get.queryOptions(
      { businessDate: businessDateOf(state) },
      { refetchInterval: REFRESH_MS, placeholderData: keepPreviousData },
    ),
  );
  return (
    <>
      <PageHeader
        title="Overview"
        asOf={query.data?.asOf}
        description="Each index: is it fresh, is it right, and what wants a person."
      />
      <QueryBoundary query={query} skeletonRows={14}>
        {(overview) => (
          <div className={classes.stack}>
            <Decisions decisions={overview.openDecisions} />
            <Indexes rows={overview.rows} />
            <MoneyOfDay overview={overview} onDate={(date) => void setState({ date })} />
          </div>
        )}
      </QueryBoundary>
    </>
  );
}

function Decisions({ decisions }: { decisions: Overview["openDecisions"] }) {
  if (decisions.length === 0) return null;
  return (
    <StatTiles>
      {decisions.map(({ title, count, oldestAt, href }) => (
        <StatTile
          key={title}
          label={title}
          value={count.toLocaleString("en-US")}
          href={href}
          hint={
            oldestAt === null ? (
              "open now"
            ) : (
              <>
                oldest <Time at={oldestAt} />
              </>
            )
          }
        />
      ))}
    </StatTiles>
  );
}

function Indexes({ rows }: { rows: readonly OverviewRow[] }) {
  return (
    <Panel title="Indexes" flush>
      {rows.length === 0 ? (
        <EmptyState title="Your roles read no index">An administrator can give you one that does.</EmptyState>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Index</th>
                <th scope="col">Fresh</th>
                <th scope="col">Right</th>
                <th scope="col">Wants a person</th>
                <th scope="col">Last two hours</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <IndexRow key={row.index} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function IndexRow({ row: { title, question, href, freshness, controls, wants, trend } }: { row: OverviewRow }) {
  const waiting = wants.filter(({ count }) => count > 0);
  return (
    <tr>
      <th scope="row">
        <Link href={href}>{title}</Link>
        <div className={classes.dim}>{question}</div>
      </th>
      <td>
        <StatusBadge tone={freshness.missed ? "bad" : "good"}>
          {freshness.missed ? `${shortDuration(freshness.behindMs)} behind` : "fresh"}
        </StatusBadge>
        <div className={classes.promise}>
          promise {shortDuration(freshness.promiseMs)} · v{freshness.lakeVersion}
        </div>
      </td>
      <td>
        {controls.map(({ name, href: door, left, right, equal }) => (
          <div key={name}>
            <Link href={door} title={name}>
              <StatusBadge tone={equal ? "good" : "bad"}>
                {left.toLocaleString("en-US")} {equal ? "=" : "≠"} {right.toLocaleString("en-US")}
              </StatusBadge>
            </Link>
            <div className={classes.dim}>{name}</div>
          </div>
        ))}
        {controls.length === 0 && <span className={classes.dim}>no control total yet</span>}
      </td>
      <td>
        {waiting.map(({ label, count, href: door, urgent }) => (
          <div key={label}>
            <Link href={door}>
              {urgent ? <b>{count.toLocaleString("en-US")}</b> : count.toLocaleString("en-US")} {label}
            </Link>
          </div>
        ))}
        {waiting.length === 0 && <span className={classes.dim}>nothing</span>}
      </td>
      <td>
        <Sparkline label={trend.label} values={trend.points.map(({ value }) => value)} width={140} height={28} />
        <div className={classes.dim}>{trend.label}</div>
      </td>
    </tr>
  );
}

function MoneyOfDay({ overview, onDate }: { overview: Overview; onDate: (date: string | null) => void }) {
  const { money, businessDate } = overview;
  const { person } = useMe();
  // Marketing sees sums, and no single payment.
  const traces = person?.roles.some((role) => role !== "marketing") ?? false;
  const hrefOf = (currency: string, flow: MoneyFlow) =>
    businessDate === null || !traces ? null : paymentsHref(businessDate, currency, flow);
  return (
    <Panel
      flush
      title="Money of the business date, per currency"
      actions={
        <Group gap="sm">
          {overview.moneyReadAt !== null && (
            <span className="dim">
              read <Time at={overview.moneyReadAt} short />
            </span>
          )}
          <TextInput
            type="date"
            aria-label="Business date"
            value={businessDate ?? ""}
            onChange={({ currentTarget: { value } }) => onDate(value === "" ? null : value)}
          />
        </Group>
      }
    >
      {money.length === 0 ? (
        <EmptyState title="No amount was moved on this date">Choose another business date.</EmptyState>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Currency</th>
                <th scope="col" className={classes.right}>
                  In (settled)
                </th>
                <th scope="col" className={classes.right}>
                  Out (refunds, returns, chargebacks)
                </th>
                <th scope="col" className={classes.right}>
                  In flight
                </th>
              </tr>
            </thead>
            <tbody>
              {money.map((line) => (
                <tr key={line.currency}>
                  <th scope="row">
                    <Link
                      href={`/merchants?currency=${line.currency}${businessDate === null ? "" : `&from=${businessDate}&to=${businessDate}`}`}
                    >
                      {line.currency}
                    </Link>
                  </th>
                  <MoneyCell
                    line={line}
                    minor={line.inMinor}
                    payments={line.paymentsIn}
                    href={hrefOf(line.currency, "in")}
                  />
                  <MoneyCell
                    line={line}
                    minor={line.outMinor}
                    payments={line.paymentsOut}
                    href={hrefOf(line.currency, "out")}
                  />
                  <MoneyCell
                    line={line}
                    minor={line.inFlightMinor}
                    payments={line.paymentsInFlight}
                    href={hrefOf(line.currency, "in_flight")}
                  />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

interface MoneyCellProps {
  readonly line: Overview["money"][number];
  readonly minor: bigint;
  readonly payments: number;
  /** Where its payments are listed; null where this person may not see them. */
  readonly href: string | null;
}

function MoneyCell({ line: { currency, exponent }, minor, payments, href }: MoneyCellProps) {
  const money = <Money amount={{ amountMinor: minor, currency, exponent }} />;
  return (
    <td className={classes.right}>
      {payments === 0 || href === null ? (
        money
      ) : (
        <Link href={href} prefetch={false}>
          {money}
        </Link>
      )}
      <div className={classes.dim}>
        {payments.toLocaleString("en-US")} {payments === 1 ? "payment" : "payments"}
      </div>
    </td>
  );
}

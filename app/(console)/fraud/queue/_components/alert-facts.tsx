import Link from "next/link";
import type { ReactNode } from "react";
import { traceHref } from "@/components/console/places";
import { Money } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { AlertDetail, AlertRow, BlacklistRow, TimelineEntry } from "@/server/indexes/fraud/contract";
import { plain, ruleTitle, severityTone, severityWord } from "../../_components/words";
import classes from "./alert-panel.module.css";
import { Fact } from "./fact";

/** The values that made the rule fire, beside its thresholds. */
export function Reasons({ alert, why }: { alert: AlertRow; why: string }) {
  return (
    <Fact title={`Why it fired (rule version ${alert.ruleVersion})`}>
      {why !== "" && <p className={classes.words}>{why}</p>}
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Measured</th>
            <th scope="col" className={classes.right}>
              Value
            </th>
            <th scope="col" className={classes.right}>
              Threshold
            </th>
          </tr>
        </thead>
        <tbody>
          {alert.reasons.map(({ name, value, threshold }) => (
            <tr key={name}>
              <th scope="row">{plain(name)}</th>
              <td className={classes.right}>{value ?? "—"}</td>
              <td className={classes.right}>{threshold ?? "none"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Fact>
  );
}

export function Blacklisted({ rows }: { rows: readonly BlacklistRow[] }) {
  const active = rows.filter(({ removed }) => removed === null);
  if (active.length === 0) return null;
  return (
    <Fact title="On the blacklist">
      <ul className={classes.list}>
        {active.map((row) => (
          <li key={`${row.partyId}/${row.role}/${row.rule}`} className={classes.entry}>
            <Link href={`/fraud/blacklist?search=${encodeURIComponent(row.partyId)}`}>
              {row.partyId} as {row.role}
            </Link>
            <span className={classes.when}>
              {ruleTitle(row.rule)}, since <Time at={row.since} short />
            </span>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

/** Who and what is involved, each a door to everything known of it. */
export function Context({ detail }: { detail: AlertDetail }) {
  const { alert, card, merchant, customer } = detail;
  const rows: { readonly name: string; readonly value: ReactNode }[] = [];
  const add = (name: string, value: ReactNode) => rows.push({ name, value });
  if (alert.userId !== null) add("Customer", <Find id={alert.userId}>{customer?.name ?? null}</Find>);
  if (customer !== null) {
    add(
      "KYC, risk",
      [customer.kycStatus, customer.riskRating, customer.country].map((v) => v ?? "not given").join(" · "),
    );
  }
  if (alert.counterpartyId !== null) add("Counterparty", <Find id={alert.counterpartyId}>{null}</Find>);
  if (merchant !== null) {
    add(
      "Merchant",
      <Link href={`/merchants/${encodeURIComponent(merchant.merchantId)}`}>
        {merchant.name ?? merchant.merchantId}
      </Link>,
    );
    add("Merchant risk", `${merchant.riskLevel ?? "not given"} · ${merchant.alerts30d} alerts in 30 days`);
    add("Merchant today", `${merchant.eventsToday} events, ${merchant.declinedToday} declined`);
  }
  if (card !== null) {
    add("Card", <span className="mono">•• {card.last4 ?? "????"}</span>);
    add("Card, last 24 h", `${card.events24h} events at ${card.merchants24h} merchants, ${card.declines24h} declined`);
    if (card.onStolenList) {
      add(
        "Stolen list",
        card.reportedStolenAt === null ? "listed, no date given" : <Time at={card.reportedStolenAt} />,
      );
    }
  }
  if (rows.length === 0) return null;
  return (
    <Fact title="Who and what">
      <table className={classes.table}>
        <tbody>
          {rows.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Fact>
  );
}

function Find({ id, children }: { id: string; children: ReactNode }) {
  return (
    <>
      <Link href={`/search?q=${encodeURIComponent(id)}`} className="mono" prefetch={false}>
        {id}
      </Link>
      {children !== null && <> {children}</>}
    </>
  );
}

export function Steps({ detail }: { detail: AlertDetail }) {
  const { steps, masked } = detail;
  if (steps.length === 0) return null;
  return (
    <Fact title={masked ? "The payment's life (names and accounts are hidden from your role)" : "The payment's life"}>
      <ul className={classes.list}>
        {steps.map((step) => (
          <li key={`${step.coordinates.partition}/${step.coordinates.offset}`} className={classes.entry}>
            <Link href={traceHref(step.coordinates)}>
              {step.status}
              {step.declineCode === null ? "" : ` ${step.declineCode}`}
            </Link>
            <span>
              <Money amount={step.amount} />
            </span>
            <span className={classes.when}>
              <Time at={step.eventTime} short />
            </span>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

export function Signals({ signals }: { signals: AlertDetail["signals"] }) {
  if (signals.length === 0) return null;
  return (
    <Fact title="Fraud signals">
      <ul className={classes.list}>
        {signals.map((signal) => (
          <li key={signal.fraudSignalId} className={classes.entry}>
            <b className="tabular">{signal.fraudScore.toFixed(2)}</b>
            <span>{signal.reasonCode ?? "no reason given"}</span>
            <span className={classes.when}>{signal.modelVersion ?? "model not given"}</span>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

export function Linked({ rows, onOpen }: { rows: readonly AlertRow[]; onOpen: (alertId: string) => void }) {
  if (rows.length === 0) return null;
  return (
    <Fact title={`Linked alerts (${rows.length})`}>
      <ul className={classes.list}>
        {rows.map((row) => (
          <li key={row.alertId} className={classes.entry}>
            <button type="button" className={classes.open} onClick={() => onOpen(row.alertId)}>
              {ruleTitle(row.rule)}
            </button>
            <StatusBadge tone={severityTone(row.severity)}>{severityWord(row.severity)}</StatusBadge>
            <span>
              <Money amount={row.amount} />
            </span>
            <span className={classes.when}>
              <Time at={row.detectedAt} short />
            </span>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

/** What happened to the entity, newest first. */
export function Timeline({
  entries,
  onOpen,
}: {
  entries: readonly TimelineEntry[];
  onOpen: (alertId: string) => void;
}) {
  return (
    <Fact title="History">
      {entries.length === 0 && <p className={classes.words}>Nothing else is known of this entity.</p>}
      <ol className={classes.list}>
        {entries.map((entry) => (
          <li key={`${entry.kind}/${entry.at}/${entry.title}/${entry.alertId ?? ""}`} className={classes.entry}>
            <span>
              <TimelineTitle entry={entry} onOpen={onOpen} />
              {entry.detail !== null && <span className="dim"> {entry.detail}</span>}
            </span>
            <span className={classes.when}>
              <Time at={entry.at} short />
            </span>
          </li>
        ))}
      </ol>
    </Fact>
  );
}

function TimelineTitle({ entry, onOpen }: { entry: TimelineEntry; onOpen: (alertId: string) => void }) {
  const { alertId, coordinates, title, amount } = entry;
  const words = (
    <>
      {title} {amount !== null && <Money amount={amount} />}
    </>
  );
  if (alertId !== null) {
    return (
      <button type="button" className={classes.open} onClick={() => onOpen(alertId)}>
        {words}
      </button>
    );
  }
  return coordinates === null ? words : <Link href={traceHref(coordinates)}>{words}</Link>;
}

import Link from "next/link";
import type { ReactNode } from "react";
import { Money, moneyText } from "@/components/ui/money";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { HoldRow, PayoutDetail, PayoutRow } from "@/server/indexes/settlement/contract";
import { PayoutStatusBadge } from "./payout-status";
import classes from "./settlement.module.css";
import { componentTitle, HOLD_WORDS, STATUS_WORDS, shiftTitle } from "./words";

/** Status, amount, merchant and date; what stands at its right end. */
export function PayoutHead({ payout, children }: { payout: PayoutRow; children?: ReactNode }) {
  const { netMinor, currency, exponent, merchantId, merchantName, payOn, scheduledOn, reason } = payout;
  return (
    <>
      <div className={classes.badges}>
        <PayoutStatusBadge payout={payout} />
        <span className="mono dim">{payout.payoutId}</span>
        {children}
      </div>
      <h2 className={classes.title}>
        <Link href={`/merchants/${encodeURIComponent(merchantId)}`}>{merchantName ?? merchantId}</Link>
      </h2>
      <div className={classes.amount}>
        <Money amount={{ amountMinor: netMinor, currency, exponent }} />
      </div>
      <p className={classes.line}>
        {payOn === null ? `No date: scheduled on ${scheduledOn}, and held` : `Pays on ${payOn}`}
        {payOn !== null && payOn !== scheduledOn && `, scheduled on ${scheduledOn}`}
      </p>
      {reason !== null && <p className={classes.line}>{reason}</p>}
    </>
  );
}

/** Everything that made and moved a payout. */
export function PayoutFacts({ detail }: { detail: PayoutDetail }) {
  return (
    <>
      <Components detail={detail} />
      <Dates detail={detail} />
      <Holds holds={detail.holds} />
      <Bank detail={detail} />
      <History detail={detail} />
    </>
  );
}

export function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.fact}>
      <h3 className={classes.factTitle}>{title}</h3>
      {children}
    </section>
  );
}

const amountText = (amountMinor: bigint, { currency, exponent }: PayoutRow): string =>
  moneyText({ amountMinor, currency, exponent });

function Components({ detail: { payout, components } }: { detail: PayoutDetail }) {
  const sum = components.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  const shown = components.filter(({ name, amountMinor }) => amountMinor !== 0n || name === "gross" || name === "net");
  return (
    <Fact title={`Explained to zero, in ${payout.currency}`}>
      <table className={classes.table}>
        <tbody>
          {shown.map(({ name, amountMinor }) => (
            <tr key={name}>
              <th scope="row">{componentTitle(name)}</th>
              <td className={classes.right}>{amountText(amountMinor, payout)}</td>
            </tr>
          ))}
          <tr data-sum="true">
            <th scope="row">Left</th>
            <td className={classes.right}>{amountText(sum, payout)}</td>
          </tr>
        </tbody>
      </table>
      {payout.expectedPayments > 0 && (
        <p className={classes.line}>
          Expected beside it: {amountText(payout.expectedMinor, payout)} {payout.currency} from{" "}
          {payout.expectedPayments.toLocaleString("en-US")} approved payments that have not settled.
        </p>
      )}
    </Fact>
  );
}

function Dates({ detail: { payout, sales, shifts, released, terms } }: { detail: PayoutDetail }) {
  return (
    <Fact title="Why on this date">
      <p className={classes.line}>
        Terms: T+{terms.delayDays}, cut-off {terms.cutoff} {terms.zone}, calendar {terms.calendar}, paid{" "}
        {terms.schedule === "business_day" ? "every business day" : `by the ${terms.schedule}: ${terms.scheduleDays}`}
        {terms.feePlan !== null && `, fee plan ${terms.feePlan}`}
        {terms.reservePercent !== null &&
          terms.reservePercent > 0 &&
          `, reserve ${terms.reservePercent} % for ${terms.reserveDays} days`}
        {terms.minimumMinor > 0n && `, minimum ${amountText(terms.minimumMinor, payout)}`}.
      </p>
      {sales.map(({ saleDate, payments, amountMinor, shifts: steps }) => (
        <div key={saleDate}>
          <p className={classes.line}>
            <b>{saleDate}</b>: {payments.toLocaleString("en-US")} payments, {amountText(amountMinor, payout)}
          </p>
          <Steps steps={steps} />
        </div>
      ))}
      {released.map(({ scheduledOn, amountMinor, releaseFrom }) => (
        <p key={scheduledOn} className={classes.line}>
          Reserve of the payout of {scheduledOn}: {amountText(amountMinor, payout)}, free from {releaseFrom}
        </p>
      ))}
      {shifts.length > 0 && <Steps steps={shifts} />}
    </Fact>
  );
}

function Steps({ steps }: { steps: PayoutDetail["shifts"] }) {
  if (steps.length === 0) return null;
  return (
    <ol className={classes.steps}>
      {steps.map((step) => (
        <li key={`${step.kind}/${step.from}/${step.to}`}>
          <span className="dim">{shiftTitle(step.kind)}</span>
          <span>
            {step.reason}
            <span className="dim tabular">{step.from === step.to ? "" : ` · ${step.from} → ${step.to}`}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function Holds({ holds }: { holds: readonly HoldRow[] }) {
  if (holds.length === 0) return null;
  return (
    <Fact title="Holds">
      {holds.map((hold) => {
        const [tone, words] = HOLD_WORDS[hold.state];
        return (
          <div key={hold.holdId}>
            <div className={classes.badges}>
              <StatusBadge tone={tone}>{words}</StatusBadge>
              <span className="dim">
                from {hold.from}
                {hold.until !== null && ` until ${hold.until}`}, {hold.currency ?? "every currency"}
              </span>
            </div>
            <p className={classes.line}>
              {hold.reason} · {hold.placedBy}, <Time at={hold.placedAt} short />
            </p>
            {hold.releasedAt !== null && (
              <p className={classes.line}>
                Released: {hold.releaseReason} · {hold.releasedBy}, <Time at={hold.releasedAt} short />
              </p>
            )}
          </div>
        );
      })}
    </Fact>
  );
}

function Bank({ detail: { payout, bankLines } }: { detail: PayoutDetail }) {
  return (
    <Fact title="At the bank">
      {bankLines.length === 0 ? (
        <p className={classes.line}>
          No line names {payout.payoutId}
          {payout.dueOn === null ? "." : `; due by ${payout.dueOn}.`}
        </p>
      ) : (
        bankLines.map((line) => (
          <p key={line.lineKey} className={classes.line}>
            {line.bookingDate}, {line.account}: <b>{amountText(line.amountMinor, payout)}</b>
          </p>
        ))
      )}
    </Fact>
  );
}

function History({ detail: { payout, history } }: { detail: PayoutDetail }) {
  return (
    <Fact title="How the closes told it">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Close</th>
            <th scope="col">Status</th>
            <th scope="col">Pays on</th>
            <th scope="col" className={classes.right}>
              Net
            </th>
          </tr>
        </thead>
        <tbody>
          {history.map((one) => (
            <tr key={one.businessDate} title={one.reason ?? undefined}>
              <th scope="row" className="tabular">
                {one.businessDate}
              </th>
              <td>{STATUS_WORDS[one.status][1]}</td>
              <td className="tabular">{one.payOn ?? "no date"}</td>
              <td className={classes.right}>{amountText(one.netMinor, payout)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Fact>
  );
}

import Link from "next/link";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import { Time } from "@/components/ui/time";
import type { MerchantDetail } from "@/server/indexes/merchants/contract";
import { rateText } from "../../_components/figures";
import classes from "../../_components/merchants.module.css";

export function DeclineCodes({ codes }: { codes: MerchantDetail["declineCodes"] }) {
  return (
    <Panel title="Why payments were declined" flush>
      {codes.length === 0 ? (
        <EmptyState title="No payment was declined in this period" />
      ) : (
        <table className={classes.facts}>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col" className={classes.right}>
                Declines
              </th>
              <th scope="col" className={classes.right}>
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {codes.map(({ code, declines, share }) => (
              <tr key={code ?? "none"}>
                <th scope="row">{code ?? "no code given"}</th>
                <td className={classes.right}>{declines.toLocaleString("en-US")}</td>
                <td className={classes.right}>{rateText(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function Profile({ profile }: { profile: MerchantDetail["profile"] }) {
  if (profile === null) {
    return (
      <Panel title="Reference data">
        <EmptyState title="Not in the reference data">
          Add the merchant to reference/merchants.csv of the lake; it is read within seconds.
        </EmptyState>
      </Panel>
    );
  }
  const given = (value: string | number | null, unit = "") => (value === null ? "not given" : `${value}${unit}`);
  const rows: readonly (readonly [string, string])[] = [
    ["Risk level", given(profile.riskLevel)],
    ["MCC", given(profile.mcc)],
    ["Country", given(profile.country)],
    ["Onboarded", given(profile.onboardedOn)],
    [
      "Payout delay",
      given(profile.payoutDelayDays, profile.payoutDelayDays === 1 ? " business day" : " business days"),
    ],
    [
      "Payout cut-off",
      profile.payoutCutoff === null ? "not given" : `${profile.payoutCutoff} ${profile.payoutZone ?? ""}`,
    ],
    ["Fee plan", given(profile.feePlan)],
    ["Rolling reserve", given(profile.reservePercent, "%")],
    ["Payouts", profile.payoutHold === null ? "not given" : profile.payoutHold ? "on hold" : "not on hold"],
  ];
  return (
    <Panel title="Reference data" flush>
      <table className={classes.facts}>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function Customers({ customers }: { customers: MerchantDetail["customers"] }) {
  if (customers.length === 0) return null;
  return (
    <Panel title="Customers by payments, the first fifty" flush>
      <div className={classes.scroll}>
        <table className={classes.facts}>
          <thead>
            <tr>
              <th scope="col">Customer</th>
              <th scope="col" className={classes.right}>
                Payments
              </th>
              <th scope="col" className={classes.right}>
                Settled
              </th>
              <th scope="col" className={classes.right}>
                Declined
              </th>
              <th scope="col">Last event</th>
            </tr>
          </thead>
          <tbody>
            {customers.map((customer) => (
              <tr key={customer.userId}>
                <th scope="row">
                  <Link href={`/search?q=${encodeURIComponent(customer.userId)}`} className="mono" prefetch={false}>
                    {customer.userId}
                  </Link>
                </th>
                <td className={classes.right}>{customer.payments.toLocaleString("en-US")}</td>
                <td className={classes.right}>
                  {customer.settled.length === 0 && <span title="nothing settled">—</span>}
                  {customer.settled.map((sum) => (
                    <div key={sum.currency}>
                      <Money amount={sum} />
                    </div>
                  ))}
                </td>
                <td className={classes.right}>{customer.declined.toLocaleString("en-US")}</td>
                <td>
                  <Time at={customer.lastEventTime} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

type Alert = NonNullable<MerchantDetail["alerts"]>[number];

export function Alerts({ merchantId, alerts }: { merchantId: string; alerts: readonly Alert[] }) {
  return (
    <Panel
      title="Fraud alerts, newest first"
      flush
      actions={<Link href={`/fraud/queue?status=&entity=${encodeURIComponent(merchantId)}`}>All in the queue</Link>}
    >
      {alerts.length === 0 ? (
        <EmptyState title="No alert names this merchant" />
      ) : (
        <div className={classes.scroll}>
          <table className={classes.facts}>
            <tbody>
              {alerts.map((alert) => (
                <tr key={alert.alertId}>
                  <th scope="row">
                    <Link href={`/fraud/queue?status=&alert=${encodeURIComponent(alert.alertId)}`}>
                      {alert.rule.replaceAll("_", " ")}
                    </Link>
                  </th>
                  <td>
                    <StatusBadge tone={alert.severity === "HIGH" ? "bad" : "warn"}>
                      {alert.severity.toLowerCase()}
                    </StatusBadge>
                  </td>
                  <td className="mono">{alert.entityId}</td>
                  <td className={classes.right}>
                    <Money amount={alert.amount} />
                  </td>
                  <td>
                    <Time at={alert.detectedAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

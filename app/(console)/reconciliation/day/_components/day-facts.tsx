import Link from "next/link";
import { Money, moneyText } from "@/components/ui/money";
import { Panel } from "@/components/ui/panel";
import { StatusBadge } from "@/components/ui/status-badge";
import type { DaySummary } from "@/server/indexes/reconciliation/contract";
import type { CloseChoice } from "../../_components/close-picker";
import { hrefIn } from "../../_components/close-state";
import classes from "../../_components/reconciliation.module.css";
import { Scroll } from "../../_components/scroll";
import { kindTitle, stageTitle } from "../../_components/words";

interface Facts {
  readonly day: DaySummary;
  readonly state: CloseChoice;
}

const number = (value: number) => value.toLocaleString("en-US");

/** By which rule the matches were made, and how much of all. */
export function Stages({ day, state }: Facts) {
  const all = day.stages.reduce((sum, { items }) => sum + items, 0);
  return (
    <Panel title="Matched by stage" flush>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" className={classes.right}>
              Matches
            </th>
            <th scope="col" className={classes.right}>
              Share of items
            </th>
            <th scope="col">
              <span className="visually-hidden">Share drawn</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {day.stages.map(({ stage, matches, items }) => (
            <tr key={stage}>
              <th scope="row">
                <Link href={hrefIn(state, "matches", { stage: String(stage) })}>
                  {stage}. {stageTitle(stage)}
                </Link>
              </th>
              <td className={classes.right}>{number(matches)}</td>
              <td className={classes.right}>{((items / all) * 100).toFixed(1)} %</td>
              <td className={classes.barCell} aria-hidden>
                <div className={classes.bar} style={{ width: `${(items / all) * 100}%` }} />
              </td>
            </tr>
          ))}
          {day.stages.length === 0 && (
            <tr>
              <td colSpan={4}>This close matched nothing new.</td>
            </tr>
          )}
        </tbody>
      </table>
    </Panel>
  );
}

/** What is broken, most frequent first. */
export function Kinds({ day, state }: Facts) {
  const most = Math.max(1, ...day.kinds.map(({ breaks }) => breaks));
  return (
    <Panel title="Breaks by kind" flush>
      <Scroll label="Breaks by kind">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col" className={classes.right}>
                Breaks
              </th>
              <th scope="col">
                <span className="visually-hidden">Drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {day.kinds.map(({ kind, breaks }) => (
              <tr key={kind}>
                <th scope="row">
                  <Link href={hrefIn(state, "breaks", { kind, status: "" })}>{kindTitle(kind)}</Link>
                </th>
                <td className={classes.right}>{number(breaks)}</td>
                <td className={classes.barCell} aria-hidden>
                  <div className={classes.bar} style={{ width: `${(breaks / most) * 100}%` }} />
                </td>
              </tr>
            ))}
            {day.kinds.length === 0 && (
              <tr>
                <td colSpan={3}>Nothing is broken.</td>
              </tr>
            )}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

const bounds = (bucket: string): Record<string, string> => {
  const [low = "0", high] = bucket.replace("+", "").split("-");
  if (bucket.endsWith("+")) return { ageMin: low };
  return { ageMin: low, ageMax: high ?? low };
};

/** How old what is broken is; each cell leads to its breaks. */
export function Ages({ day, state }: Facts) {
  const [first] = day.ages;
  if (first === undefined) return null;
  return (
    <Panel title="Value of the breaks by age in business days" flush>
      <Scroll label="Value of the breaks by age">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Currency</th>
              {first.buckets.map(({ bucket }) => (
                <th scope="col" key={bucket} className={classes.right}>
                  {bucket === "0" ? "new" : bucket === "1" ? "1 day" : `${bucket} days`}
                </th>
              ))}
              <th scope="col" className={classes.right}>
                All
              </th>
            </tr>
          </thead>
          <tbody>
            {day.ages.map(({ currency, exponent, buckets }) => {
              const money = (amountMinor: bigint) => ({ amountMinor, currency, exponent });
              return (
                <tr key={currency}>
                  <th scope="row">{currency}</th>
                  {buckets.map(({ bucket, breaks, valueMinor }) => (
                    <td key={bucket} className={classes.right}>
                      {breaks === 0 ? (
                        <span className="dim">—</span>
                      ) : (
                        <Link
                          href={hrefIn(state, "breaks", { currency, status: "", ...bounds(bucket) })}
                          title={`${breaks} breaks`}
                        >
                          {moneyText(money(valueMinor))} <span className="dim">({number(breaks)})</span>
                        </Link>
                      )}
                    </td>
                  ))}
                  <td className={classes.right}>
                    <Money amount={money(buckets.reduce((sum, { valueMinor }) => sum + valueMinor, 0n))} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

/** What went into the run came out of it; a run where it did not is never committed. */
export function Controls({ day }: Pick<Facts, "day">) {
  return (
    <div id="control-totals">
      <Panel title="Control totals" actions={<StatusBadge tone="good">In = out</StatusBadge>} flush>
        <Scroll label="Control totals">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">What was counted</th>
                <th scope="col">Currency</th>
                <th scope="col" className={classes.right}>
                  Items in and out
                </th>
                <th scope="col" className={classes.right}>
                  Minor units in and out
                </th>
              </tr>
            </thead>
            <tbody>
              {day.controls.map(({ control, currency, rows, minor }) => (
                <tr key={`${control}/${currency}`}>
                  <th scope="row">{control}</th>
                  <td>{currency ?? "—"}</td>
                  <td className={classes.right}>{rows === 0n ? "—" : rows.toLocaleString("en-US")}</td>
                  <td className={classes.right}>
                    {minor === null ? "—" : moneyText({ amountMinor: minor, currency: "", exponent: 0 })}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
    </div>
  );
}

import { Money } from "@/components/ui/money";
import { exponentOf } from "@/server/domain/money";
import type { RunDetail } from "@/server/indexes/ops/contract-jobs";
import shared from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import classes from "./jobs.module.css";

type Diff = NonNullable<RunDetail["diff"]>;

const signed = (count: number, sign: "+" | "−" | "~"): string => (count === 0 ? "" : `${sign}${numberText(count)}`);

/** What a run changes in words of the business: by kind and currency, rows and value before and after. */
export function RunDiffView({ diff, done }: { diff: Diff; done: boolean }) {
  const { rowsBefore, rowsAfter, gained, lost, changed, lines } = diff;
  return (
    <>
      <h3 className={classes.part}>
        {done ? "What it changed" : "What it would change"}: {numberText(rowsBefore)} rows before,{" "}
        {numberText(rowsAfter)} after; {numberText(gained)} gained, {numberText(lost)} lost, {numberText(changed)}{" "}
        changed
      </h3>
      {lines.length === 0 ? (
        <p className={shared.small}>Nothing: the date holds these very rows already.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        <section className={shared.scroll} tabIndex={0} aria-label="Business diff">
          <table className={shared.table}>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Currency</th>
                <th scope="col" className={shared.right}>
                  Gained
                </th>
                <th scope="col" className={shared.right}>
                  Lost
                </th>
                <th scope="col" className={shared.right}>
                  Changed
                </th>
                <th scope="col" className={shared.right}>
                  Value before
                </th>
                <th scope="col" className={shared.right}>
                  Value after
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={`${line.group}/${line.currency}`}>
                  <th scope="row">{line.group.replaceAll("_", " ")}</th>
                  <td>{line.currency ?? "—"}</td>
                  <td className={shared.right}>{signed(line.gained, "+")}</td>
                  <td className={shared.right}>{signed(line.lost, "−")}</td>
                  <td className={shared.right}>{signed(line.changed, "~")}</td>
                  <td className={shared.right}>
                    <Value minor={line.valueBeforeMinor} currency={line.currency} />
                  </td>
                  <td className={shared.right}>
                    <Value minor={line.valueAfterMinor} currency={line.currency} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Value({ minor, currency }: { minor: string | null; currency: string | null }) {
  if (minor === null) return "—";
  const exponent = currency === null ? null : exponentOf(currency);
  if (currency === null || exponent === null) return <span title="minor units">{numberText(BigInt(minor))}</span>;
  return <Money amount={{ amountMinor: BigInt(minor), currency, exponent }} />;
}

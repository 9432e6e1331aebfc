import { Money } from "@/components/ui/money";
import { Time } from "@/components/ui/time";
import { exponentOf } from "@/server/domain/money";
import type { RunDetail } from "@/server/indexes/ops/contract-jobs";
import shared from "../../_components/operations.module.css";
import { numberText } from "../../_components/words";
import classes from "./jobs.module.css";

/** Control totals, pinned inputs and the log of a run. */
export function RunFigures({ detail }: { detail: RunDetail }) {
  const { controls, inputs, engine, worker, ruleVersion, ofRunId, log } = detail;
  return (
    <>
      {controls !== null && controls.length > 0 && <Controls controls={controls} />}
      {inputs.length > 0 && (
        <>
          <h3 className={classes.part}>Inputs, pinned{ofRunId === null ? "" : " by the dry run"}</h3>
          <p className={classes.facts}>
            {inputs.map(({ table, version, files }) => (
              <span key={table}>
                {table} v{version}, {numberText(files)} files
              </span>
            ))}
            {ruleVersion !== null && <span>rules {ruleVersion}</span>}
            <span>{engine} engine</span>
            {worker !== null && <span>worker {worker}</span>}
          </p>
        </>
      )}
      <h3 className={classes.part}>Log</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <pre className={classes.log} tabIndex={0}>
        {log.length === 0 && "Nothing yet: no worker has taken it."}
        {log.map(({ at, text }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a log have no other name.
          <span key={place}>
            <Time at={at} short /> {text}
            {"\n"}
          </span>
        ))}
      </pre>
    </>
  );
}

function Controls({ controls }: { controls: NonNullable<RunDetail["controls"]> }) {
  return (
    <>
      <h3 className={classes.part}>Control totals: each came out as it went in</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section className={shared.scroll} tabIndex={0} aria-label="Control totals">
        <table className={shared.table}>
          <thead>
            <tr>
              <th scope="col">Control</th>
              <th scope="col" className={shared.right}>
                Rows
              </th>
              <th scope="col" className={shared.right}>
                Sum
              </th>
            </tr>
          </thead>
          <tbody>
            {controls.map(({ control, currency, rows, minor }) => {
              const exponent = currency === null ? null : exponentOf(currency);
              return (
                <tr key={`${control}/${currency}`}>
                  <th scope="row">{control}</th>
                  <td className={shared.right}>{numberText(BigInt(rows))}</td>
                  <td className={shared.right}>
                    {minor === null || currency === null || exponent === null ? (
                      "—"
                    ) : (
                      <Money amount={{ amountMinor: BigInt(minor), currency, exponent }} />
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </>
  );
}

import { moneyText } from "@/components/ui/money";
import type { WaterfallRow } from "@/server/indexes/reconciliation/contract";
import classes from "./reconciliation.module.css";
import { componentTitle } from "./words";

/** From gross to the bank's own figure, piece by piece; what is left at the end is nothing. */
export function Waterfall({ row }: { row: WaterfallRow }) {
  const { currency, exponent } = row;
  const text = (amountMinor: bigint) => moneyText({ amountMinor, currency, exponent });
  const pieces = piecesOf(row);
  return (
    <dl className={classes.waterfall}>
      {pieces.map(({ component, amountMinor, from, width, tone }) => (
        <div key={component} style={{ display: "contents" }}>
          <dt>{componentTitle(component)}</dt>
          <dd className={classes.track} aria-hidden>
            <span className={classes.piece} data-tone={tone} style={{ left: `${from}%`, width: `${width}%` }} />
          </dd>
          <dd className={classes.right}>{text(amountMinor)}</dd>
        </div>
      ))}
      <dt data-sum>Sum</dt>
      <dd aria-hidden data-sum />
      <dd className={classes.right} data-sum>
        {text(row.sumMinor)} {currency}
      </dd>
    </dl>
  );
}

/** Each piece begins where the one before ended; places in percent of the widest span. */
function piecesOf({ components }: WaterfallRow) {
  let end = 0n;
  const spans = components.map(({ component, amountMinor }) => {
    const start = end;
    end += amountMinor;
    return { component, amountMinor, low: start < end ? start : end, high: start < end ? end : start };
  });
  const low = Math.min(0, ...spans.map((span) => Number(span.low)));
  const high = Math.max(0, ...spans.map((span) => Number(span.high)));
  const range = high - low || 1;
  return spans.map((span) => ({
    component: span.component,
    amountMinor: span.amountMinor,
    from: ((Number(span.low) - low) / range) * 100,
    width: (Number(span.high - span.low) / range) * 100,
    tone: toneOf(span.component, span.amountMinor),
  }));
}

function toneOf(component: string, amountMinor: bigint): string {
  if (component === "residual") return "bad";
  if (component === "bank") return "bank";
  return amountMinor < 0n ? "out" : "in";
}

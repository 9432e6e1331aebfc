import classes from "./charts.module.css";

export interface SparklineProps {
  /** What the line shows, in words. */
  readonly label: string;
  /** Oldest first; null is a gap. */
  readonly values: readonly (number | null)[];
  readonly width?: number;
  readonly height?: number;
}

/** A trend in a table cell; its words hold first, last and highest. */
export function Sparkline({ label, values, width = 96, height = 22 }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <span className="dim">—</span>;
  const highest = Math.max(...known);
  const lowest = Math.min(0, ...known);
  const x = (place: number) => (place / (values.length - 1)) * width;
  const y = (value: number) => height - 2 - ((value - lowest) / Math.max(highest - lowest, 1e-9)) * (height - 4);
  const words = `${label}: from ${known[0]} to ${known.at(-1)}, at most ${highest}`;
  return (
    <svg className={classes.sparkline} width={width} height={height} role="img" aria-label={words}>
      <title>{words}</title>
      <path d={pathOf(values, x, y)} fill="none" stroke="var(--chart-1)" strokeWidth={1.4} />
    </svg>
  );
}

function pathOf(
  values: readonly (number | null)[],
  x: (place: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let drawing = false;
  for (const [place, value] of values.entries()) {
    if (value === null) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  }
  return path;
}

/** One line of a chart; a null value is a gap, never a zero. */
export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly points: readonly { readonly at: string; readonly value: number | null }[];
}

export interface ChartThreshold {
  readonly label: string;
  readonly value: number;
}

const COLOURS = 6;

export const colourOf = (place: number): string => `var(--chart-${(place % COLOURS) + 1})`;

export interface ChartRow {
  readonly at: string;
  readonly [key: string]: string | number | null;
}

/** One row per instant that any series has, oldest first. */
export function rowsOf(series: readonly ChartSeries[]): ChartRow[] {
  const rows = new Map<string, Record<string, string | number | null>>();
  for (const { key, points } of series) {
    for (const { at, value } of points) {
      const row = rows.get(at) ?? { at };
      row[key] = value;
      rows.set(at, row);
    }
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([at, row]) => ({ ...row, at }));
}

/** "1.2k": short enough for an axis. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e3) return `${trim(value / 1e3)}k`;
  return trim(value);
}

const trim = (value: number): string => String(Math.round(value * 10) / 10);

const MINUTE_MS = 60_000;
/** Longer periods keep only the minutes that have a figure: a chart has no room for more. */
const FILLED_MINUTES_MAX = 1_500;

/** Counts per minute with a zero wherever nothing was counted; `from` and `until` as ISO 8601. */
export function everyMinute(
  period: { readonly from: string; readonly until: string },
  counted: readonly { readonly at: string; readonly value: number }[],
): ChartSeries["points"] {
  const first = Math.ceil(Date.parse(period.from) / MINUTE_MS);
  const last = Math.floor(Date.parse(period.until) / MINUTE_MS);
  if (!(last - first < FILLED_MINUTES_MAX)) return counted;
  const known = new Map(counted.map(({ at, value }) => [Math.floor(Date.parse(at) / MINUTE_MS), value]));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => ({
    at: new Date((first + place) * MINUTE_MS).toISOString(),
    value: known.get(first + place) ?? 0,
  }));
}

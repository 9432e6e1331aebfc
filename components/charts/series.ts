/** One line of a chart; a null value is a gap, never a zero. */
export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly points: readonly ChartPoint[];
}

export interface ChartPoint {
  /** ISO 8601 in UTC; midnight of the date for figures per day. */
  readonly at: string;
  readonly value: number | null;
  /** The figure exactly, where a number would round it: amounts of money. */
  readonly text?: string;
}

export interface ChartThreshold {
  readonly label: string;
  readonly value: number;
  /** A baseline is what is usual, not what must not be passed. */
  readonly baseline?: boolean;
}

/** What somebody chose by dragging over a chart; both included. */
export interface ChartPeriod {
  readonly from: string;
  readonly until: string;
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

/** Points with gaps on both sides: a line has no length there, so they are drawn as dots. */
export function isolatedOf(rows: readonly ChartRow[], key: string): ReadonlySet<string> {
  const known = (place: number) => typeof rows[place]?.[key] === "number";
  return new Set(rows.flatMap(({ at }, place) => (known(place) && !known(place - 1) && !known(place + 1) ? [at] : [])));
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
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Longer periods keep only the minutes that have a figure: a chart has no room for more. */
const FILLED_MINUTES_MAX = 1_500;

export interface EveryMinute {
  /** What stands where there is no figure: 0 for counts, null for what cannot be said of nothing. */
  readonly missing?: 0 | null;
  /** False leaves the minute that still runs away: its count is not yet one of a minute. */
  readonly running?: boolean;
}

/** A point per minute of a period, `from` and `until` as ISO 8601. */
export function everyMinute(
  period: { readonly from: string; readonly until: string },
  counted: readonly { readonly at: string; readonly value: number }[],
  { missing = 0, running = true }: EveryMinute = {},
): ChartSeries["points"] {
  const first = Math.ceil(Date.parse(period.from) / MINUTE_MS);
  const last = Math.floor(Date.parse(period.until) / MINUTE_MS) - (running ? 0 : 1);
  if (!(last - first < FILLED_MINUTES_MAX)) return counted;
  const known = new Map(counted.map(({ at, value }) => [Math.floor(Date.parse(at) / MINUTE_MS), value]));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => ({
    at: new Date((first + place) * MINUTE_MS).toISOString(),
    value: known.get(first + place) ?? missing,
  }));
}

const TICK_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY_MS),
];

/** Round instants between two, epoch milliseconds, at most `most` of them. */
export function timeTicks(fromMs: number, untilMs: number, most = 7): number[] {
  const span = untilMs - fromMs;
  const step = TICK_STEPS_MS.find((candidate) => span / candidate < most) ?? TICK_STEPS_MS.at(-1) ?? DAY_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= untilMs && ticks.length < most; at += step) ticks.push(at);
  return ticks;
}

export interface EndLabel {
  readonly key: string;
  readonly y: number;
}

/** Moves labels apart that would lie on each other, keeping their order and staying above `bottom`; all in pixels. */
export function spreadLabels(labels: readonly EndLabel[], gap: number, bottom: number): EndLabel[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let floor = Number.NEGATIVE_INFINITY;
  const down = sorted.map(({ key, y }) => {
    floor = Math.max(y, floor + gap);
    return { key, y: floor };
  });
  let ceiling = bottom;
  return down
    .toReversed()
    .map(({ key, y }) => {
      const moved = Math.min(y, ceiling);
      ceiling = moved - gap;
      return { key, y: moved };
    })
    .toReversed();
}

import type { SourceCoordinates } from "@/server/domain/answer";
import { INDEX_NAMES, INDEXES, type IndexName } from "@/server/indexes/names";

/** First path segment of each index's pages: `/operations/streams` belongs to ops. */
const INDEX_BY_SEGMENT: ReadonlyMap<string, IndexName> = new Map(
  INDEX_NAMES.map((name) => [INDEXES[name].pages[0].path.split("/")[1] ?? "", name]),
);

/** The index a page belongs to; null for pages across indexes. */
export const indexOfPath = (path: string): IndexName | null => INDEX_BY_SEGMENT.get(path.split("/")[1] ?? "") ?? null;

export interface Crumb {
  readonly title: string;
  /** Null for the page itself. */
  readonly href: string | null;
}

/** Where one is: section, page, and the thing that is open. */
export function crumbsOf(path: string): readonly Crumb[] {
  const index = indexOfPath(path);
  const segments = path.split("/").filter((segment) => segment !== "");
  if (index === null) return crossCrumbs(segments);
  const { title, pages } = INDEXES[index];
  const page = pages.find((entry) => path === entry.path || path.startsWith(`${entry.path}/`));
  const section: Crumb = { title, href: pages[0].path === path ? null : pages[0].path };
  if (page === undefined) return [section];
  const own: Crumb = { title: page.title, href: page.path === path ? null : page.path };
  const rest = path.slice(page.path.length + 1);
  const crumbs = page.title === title ? [own] : [section, own];
  return rest === "" ? crumbs : [...crumbs, { title: readable(rest), href: null }];
}

function crossCrumbs(segments: readonly string[]): readonly Crumb[] {
  const [first, ...rest] = segments;
  if (first === "trace") return [{ title: "Trace", href: null }, ...traceCrumb(rest)];
  if (first === "search") return [{ title: "Search", href: null }];
  if (first !== "overview") return [];
  return rest.length === 0
    ? [{ title: "Overview", href: null }]
    : [
        { title: "Overview", href: "/overview" },
        { title: "Payments", href: null },
      ];
}

const traceCrumb = (rest: readonly string[]): readonly Crumb[] =>
  rest.length === 0 ? [] : [{ title: rest.map(readable).join(" / "), href: null }];

/** A part of an address as a person reads it; one that is not well encoded is shown as it is. */
export function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where a run of a final index is shown. */
export const runHref = ({ id, index, businessDate }: RunPlace): string =>
  `/operations/jobs?index=${encodeURIComponent(index)}&date=${businessDate}&run=${encodeURIComponent(id)}`;

interface RunPlace {
  readonly id: string;
  readonly index: string;
  readonly businessDate: string;
}

/** Where the trace of a source record is shown. */
export const traceHref = ({ source, partition, offset }: SourceCoordinates): string =>
  `/trace/${encodeURIComponent(source)}/${encodeURIComponent(partition)}/${offset}`;

import { parseAsInteger, parseAsString } from "nuqs/server";

/** Which close the address names; nothing is the newest one as it is now. */
export const closeParsers = { date: parseAsString, version: parseAsInteger };

interface CloseState {
  readonly date: string | null;
  readonly version: number | null;
}

const isDate = (text: string | null): text is string => text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text);

export const closeOf = ({ date, version }: CloseState) => ({
  date: isDate(date) ? date : null,
  version: isDate(date) && version !== null && version >= 0 ? version : null,
});

/** An address of this section that keeps the close in view. */
export function hrefIn(state: CloseState, page: string, filter: Readonly<Record<string, string>> = {}): string {
  const { date, version } = closeOf(state);
  const query = new URLSearchParams(filter);
  if (date !== null) query.set("date", date);
  if (version !== null) query.set("version", String(version));
  const text = query.toString();
  return `/reconciliation/${page}${text === "" ? "" : `?${text}`}`;
}

/** A filter as the exports take it. Amounts are whole numbers as text there, which no filter of a page has. */
export const exportHref = (view: string, filter: object): string =>
  `/api/export/reconciliation?view=${view}&filter=${encodeURIComponent(JSON.stringify(filter))}`;

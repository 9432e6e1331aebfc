import { parseAsString } from "nuqs/server";

/** Which close the address names; nothing is the newest one. */
export const closeParsers = { date: parseAsString };

export const closeOf = ({ date }: { readonly date: string | null }) => ({
  date: date !== null && /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : null,
});

/** An address of this section that keeps the close in view. */
export function hrefIn(
  state: { readonly date: string | null },
  page: string,
  filter: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(filter);
  const { date } = closeOf(state);
  if (date !== null) query.set("date", date);
  const text = query.toString();
  return `/settlement/${page}${text === "" ? "" : `?${text}`}`;
}

/** A filter as the exports take it. */
export const exportHref = (view: string, filter: object): string =>
  `/api/export/settlement?view=${view}&filter=${encodeURIComponent(JSON.stringify(filter))}`;

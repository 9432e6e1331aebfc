/** Names the open view in the address; `MADE` opens the table as it was made although another view is the default. */
export const VIEW_PARAMETER = "saved";
export const MADE = "none";

/** The part of an address a view keeps: these keys, in one order, so that equal states are equal texts. */
export function viewQueryOf(address: URLSearchParams, keys: readonly string[]): string {
  const kept = new URLSearchParams();
  for (const key of keys.toSorted()) {
    for (const value of address.getAll(key)) kept.append(key, value);
  }
  return kept.toString();
}

/** The address that opens a view; null opens the table as it was made. Pages and drawers of the present address go. */
export function viewHref(path: string, view: { readonly id: string; readonly query: string } | null): string {
  const query = new URLSearchParams(view?.query ?? "");
  query.set(VIEW_PARAMETER, view?.id ?? MADE);
  return `${path}?${query}`;
}

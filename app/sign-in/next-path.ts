/** Where to go after sign-in: a path of this console, or the person's own first page. Never another site. */
export function nextPath(wanted: unknown): string {
  if (typeof wanted !== "string" || !/^\/(?![/\\])/.test(wanted)) return "/";
  const base = "http://console.invalid";
  const url = URL.canParse(wanted, base) ? new URL(wanted, base) : null;
  if (url === null || url.origin !== base || url.pathname.startsWith("/sign-in")) return "/";
  return url.pathname + url.search;
}

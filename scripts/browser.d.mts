export type Browser =
  | { readonly found: true; readonly executablePath: string; readonly args: string[] }
  | { readonly found: false; readonly why: string };

/** Where a browser is that really starts here, with its arguments; or why there is none. */
export function findBrowser(): Promise<Browser>;

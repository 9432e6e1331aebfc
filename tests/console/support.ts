import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, expect, type Page } from "@playwright/test";

/** Where the session of a role is kept while the suite runs: in the product's own data directory, which goes with it. */
export const statePath = (role: string): string =>
  join(process.env.CONCORDANCE_TEST_DATA ?? "", `session-${role}.json`);

export const baseUrl = (): string => process.env.CONCORDANCE_TEST_URL ?? "";

export type Scheme = "light" | "dark";

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors and thrown errors so far. */
  readonly faults: string[];
}

/** A page of somebody signed in with this role; null is a visitor. */
export async function openAs(browser: Browser, role: string | null, scheme: Scheme = "light"): Promise<Opened> {
  const context = await browser.newContext({
    baseURL: baseUrl(),
    colorScheme: scheme,
    viewport: { width: 1440, height: 900 },
    ...(role === null ? {} : { storageState: statePath(role) }),
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  return { page, context, faults };
}

/** Opens the trace of a payment, found as a person finds one: the digits of an alert's card, looked up in the search. */
export async function openTrace(page: Page): Promise<void> {
  await page.goto("/fraud/queue?status=&rule=stolen_card");
  const row = page.locator("tbody tr[aria-rowindex]").first();
  // On its rule: a click into the middle may fall on a door of its own, and a corner may be scrolled out of sight.
  await row.getByText("Stolen card").click();
  const panel = page.getByRole("complementary", { name: "Alert" });
  const card = await panel
    .getByText(/^•• \d{4}$/)
    .first()
    .textContent();
  await page.goto(`/search?q=${(card ?? "").replace(/\D/g, "")}`);
  await page
    .locator("main")
    .getByRole("link", { name: /^Card / })
    .first()
    .click();
  await expect(page).toHaveURL(/\/trace\//);
}

/** WCAG 2.2 AA as axe sees it. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  const told = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ target }) => target.join(" "))
        .slice(0, 3)
        .join(", ")}`,
  );
  expect(told).toEqual([]);
}

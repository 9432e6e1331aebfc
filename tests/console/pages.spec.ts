import { expect, test } from "@playwright/test";
import { expectAccessible, openAs, type Scheme } from "./support";

/** Every page, as a role that works with it, and words that are there only when its data are. */
const PAGES = [
  { role: "admin", path: "/overview", heading: "Overview", shows: "denied payments = queued" },
  { role: "fraud_analyst", path: "/fraud/queue", heading: "Fraud queue", shows: "Stolen card" },
  { role: "fraud_analyst", path: "/fraud/live", heading: "Fraud live", shows: "Alerts per minute by rule" },
  { role: "fraud_analyst", path: "/fraud/blacklist", heading: "Blacklist", shows: ", limit " },
  { role: "partnerships", path: "/merchants", heading: "Merchants", shows: "M0" },
  { role: "partnerships", path: "/merchants/M00001", heading: "", shows: "Reference data" },
  { role: "ops", path: "/operations/streams", heading: "Streams", shows: "Balance holds" },
  { role: "ops", path: "/operations/quarantine", heading: "Quarantine", shows: "simulated-transactions" },
  { role: "ops", path: "/operations/tables", heading: "Tables", shows: "transactions" },
  { role: "ops", path: "/operations/health", heading: "Health", shows: "indexer" },
  { role: "admin", path: "/search?q=M00001", heading: "Search", shows: "M00001" },
] as const;

for (const scheme of ["light", "dark"] as const satisfies readonly Scheme[]) {
  test(`every page is whole, accessible and without a console error, ${scheme}`, async ({ browser }) => {
    test.setTimeout(120_000);
    for (const { role, path, heading, shows } of PAGES) {
      await test.step(`${path} as ${role}`, async () => {
        const { page, context, faults } = await openAs(browser, role, scheme);
        await page.goto(path);
        await expect(page.locator("h1").first()).toContainText(heading);
        await expect(page.locator("main")).toContainText(shows);
        await expectAccessible(page);
        expect(faults).toEqual([]);
        await context.close();
      });
    }
  });
}

test("a page fits a telephone without scrolling sideways", async ({ browser }) => {
  const { page, context } = await openAs(browser, "admin");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ["/overview", "/fraud/queue", "/merchants", "/operations/health"]) {
    await page.goto(path);
    await expect(page.locator("h1").first()).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide, path).toBeLessThanOrEqual(0);
  }
  await context.close();
});

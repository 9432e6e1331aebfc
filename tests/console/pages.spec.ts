import { expect, test } from "@playwright/test";
import { expectAccessible, openAs, openTrace, type Scheme } from "./support";

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
  { role: "ops", path: "/operations/jobs", heading: "Jobs", shows: "Nightly schedule" },
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

for (const scheme of ["light", "dark"] as const satisfies readonly Scheme[]) {
  test(`a trace, an empty and a failed search, and signing in are accessible and without a console error, ${scheme}`, async ({
    browser,
  }) => {
    const { page, context, faults } = await openAs(browser, "admin", scheme);
    await openTrace(page);
    await expect(page.locator("main")).toContainText("Accepted");
    await expect(page.locator("main")).toContainText(".zstd.parquet");
    await expectAccessible(page);
    await page.goto("/search?q=no-such-id");
    await expect(page.locator("main")).toContainText("Nothing carries “no-such-id”");
    await expectAccessible(page);
    expect(faults).toEqual([]);
    await page.route(/search\.find/, (route) => route.abort());
    await page.getByRole("textbox", { name: "Any id" }).fill("another");
    await expect(page.locator("main").getByRole("alert")).toBeVisible({ timeout: 15_000 });
    await expectAccessible(page);
    await context.close();
    const visitor = await openAs(browser, null, scheme);
    await visitor.page.goto("/sign-in?expired=1&next=%2Fmerchants");
    await expect(visitor.page.getByLabel("E-mail")).toBeVisible();
    await expectAccessible(visitor.page);
    await visitor.page.getByLabel("E-mail").fill("nobody@demo.concordance.local");
    await visitor.page.getByRole("textbox", { name: "Password" }).fill("wrong");
    expect(visitor.faults).toEqual([]);
    await visitor.page.getByRole("button", { name: "Sign in" }).click();
    await expect(visitor.page.getByRole("alert").filter({ hasText: "do not belong together" })).toBeVisible();
    await expectAccessible(visitor.page);
    await visitor.context.close();
  });
}

test("every page fits a telephone without scrolling sideways", async ({ browser }) => {
  test.setTimeout(90_000);
  const { page, context } = await openAs(browser, "admin");
  await page.setViewportSize({ width: 390, height: 844 });
  const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  for (const { path, shows } of PAGES) {
    await page.goto(path);
    await expect(page.locator("main")).toContainText(shows);
    expect(await sideways(), path).toBeLessThanOrEqual(0);
  }
  await openTrace(page);
  await expect(page.locator("main")).toContainText(".zstd.parquet");
  expect(await sideways(), "a trace").toBeLessThanOrEqual(0);
  await context.close();
  const visitor = await openAs(browser, null);
  await visitor.page.setViewportSize({ width: 390, height: 844 });
  await visitor.page.goto("/sign-in?expired=1&next=%2Fmerchants");
  await expect(visitor.page.getByLabel("E-mail")).toBeVisible();
  const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide, "signing in").toBeLessThanOrEqual(0);
  await visitor.context.close();
});

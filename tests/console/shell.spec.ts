import { expect, test } from "@playwright/test";
import { openAs } from "./support";

test("everything is reached by keys: sections, palette, list of keys", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "admin");
  await page.goto("/overview");
  await expect(page.locator("main table").first()).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await expect(page).toHaveURL(/\/merchants$/);
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(/\/operations\/streams/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Go anywhere, look up any id");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(page.getByPlaceholder(/id/i).last()).toBeFocused();
  await page.keyboard.type("M00001");
  await page
    .getByRole("button", { name: /Merchant ·/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/merchants\/M00001/);
  expect(faults).toEqual([]);
  await context.close();
});

test("a failing part says what failed and offers another try; the rest of the page stays", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/tables");
  await expect(page.locator("main table")).toBeVisible();
  await page.route(/\/api\/trpc\/.*quarantineGroups/, (route) => route.abort());
  await page.getByRole("link", { name: "Quarantine" }).click();
  await expect(page.locator("h1")).toHaveText("Quarantine");
  const fault = page.getByRole("alert").filter({ hasText: "did not answer" });
  const shown = page.locator("main").getByText("simulated-transactions").first();
  await expect(fault.or(shown)).toBeVisible({ timeout: 15_000 });
  await page.unroute(/\/api\/trpc\/.*quarantineGroups/);
  await expect(shown).toBeVisible({ timeout: 15_000 });
  await context.close();
});

test("a trace leads from a source record to its row, file and indexes", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "admin");
  await page.goto("/fraud/queue?status=&rule=stolen_card");
  await page
    .locator("tbody tr[aria-rowindex]")
    .first()
    .click({ position: { x: 60, y: 10 } });
  await page.getByRole("link", { name: "Trace to the source record" }).click();
  await expect(page).toHaveURL(/\/trace\//);
  await expect(page.locator("main")).toContainText("Accepted");
  await expect(page.locator("main")).toContainText(".zstd.parquet");
  await expect(page.locator("main")).toContainText("merchants_partial");
  await expect(page.locator("main")).toContainText("stolen card");
  expect(faults).toEqual([]);
  await context.close();
});

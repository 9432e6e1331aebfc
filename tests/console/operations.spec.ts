import { expect, test } from "@playwright/test";
import { openAs } from "./support";

test("a quarantined record is shown as it came beside what could be read, with a way to its trace", async ({
  browser,
}) => {
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/quarantine");
  await page.getByRole("link", { name: "missing_", exact: false }).first().click();
  await expect(page).toHaveURL(/code=missing_/);
  await page.locator("tbody tr[aria-rowindex]").first().click();
  await expect(page.locator("main pre")).toContainText("{");
  await expect(page.locator("main")).toContainText("What to do:");
  await expect(page.locator("main")).toContainText("(at fault)");
  await page.getByRole("link", { name: "Trace", exact: true }).click();
  await expect(page.locator("main")).toContainText("Quarantined");
  expect(faults).toEqual([]);
  await context.close();
});

test("columns are chosen and remembered", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/tables");
  await expect(page.getByRole("columnheader", { name: "Small files" })).toBeVisible();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Small files" }).uncheck();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("columnheader", { name: "Small files" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("columnheader", { name: "Bytes a row" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Small files" })).toHaveCount(0);
  await context.close();
});

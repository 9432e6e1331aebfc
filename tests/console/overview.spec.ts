import { expect, test } from "@playwright/test";
import { expectAccessible, openAs } from "./support";

test("an amount of the overview leads to the very payments it is the sum of, and each of them to its trace", async ({
  browser,
}) => {
  test.setTimeout(60_000);
  const { page, context, faults } = await openAs(browser, "finance");
  await page.goto("/overview");
  const money = page.getByRole("region", { name: "Money of the business date, per currency" });
  const eur = money.getByRole("row", { name: /^EUR/ });
  for (const column of [1, 2, 3]) {
    const amount = eur
      .locator("td")
      .nth(column - 1)
      .getByRole("link");
    if ((await amount.count()) === 0) continue;
    await amount.click();
    await expect(page).toHaveURL(/\/overview\/payments\?date=\d{4}-\d\d-\d\d&currency=EUR&flow=/);
    await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
    await page.goBack();
    await expect(eur).toBeVisible();
  }
  await eur.locator("td").first().getByRole("link").click();
  const rows = page.locator("tbody tr[aria-rowindex]");
  await expect(rows.first()).toBeVisible();
  await expectAccessible(page);
  await expect(page.locator("header b").filter({ hasText: /[\d,.]+ EUR/ })).toBeVisible();
  await rows.first().getByRole("link").last().click();
  await expect(page).toHaveURL(/\/trace\//);
  await expect(page.locator("main")).toContainText("Accepted");
  expect(faults).toEqual([]);
  await context.close();
});

test("marketing sees the sums of the day and no door to a single payment", async ({ browser }) => {
  const { page, context } = await openAs(browser, "marketing");
  await page.goto("/overview");
  const eur = page.getByRole("row", { name: /^EUR/ });
  await expect(eur).toBeVisible();
  await expect(eur.locator("td").getByRole("link")).toHaveCount(0);
  await page.goto("/overview/payments?date=2026-01-05&currency=EUR&flow=in");
  await expect(page.getByRole("alert").filter({ hasText: "marketing" })).toBeVisible();
  await context.close();
});

import { expect, test } from "@playwright/test";
import { openAs } from "./support";

const ROWS = "tbody tr[aria-rowindex]";

test("merchants are sorted, searched and opened under one address, which goes back as it came", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "partnerships");
  await page.goto("/merchants");
  await expect(page.locator(ROWS).first()).toBeVisible();
  await page.getByRole("columnheader", { name: "Customers" }).getByRole("button").first().click();
  await expect(page).toHaveURL(/sort=customers/);
  await expect
    .poll(async () => {
      const counts = await page.locator(`${ROWS} td:last-child`).allInnerTexts();
      const numbers = counts.map((text) => Number(text.replaceAll(",", "")));
      return numbers.length > 5 && numbers.every((count, place) => place === 0 || count <= (numbers[place - 1] ?? 0));
    })
    .toBe(true);
  await page.keyboard.press("/");
  await page.keyboard.type("m00001");
  await expect(page).toHaveURL(/search=m00001/);
  await expect(page.locator(ROWS)).not.toHaveCount(0);
  await expect.poll(() => page.locator(ROWS).filter({ hasNotText: "M00001" }).count()).toBe(0);
  await page.locator(ROWS).first().getByRole("link").first().click();
  await expect(page).toHaveURL(/\/merchants\/M00001\?from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
  await expect(page.locator("main")).toContainText("partial · real time");
  await page.goBack();
  await expect(page).toHaveURL(/sort=customers.*search=m00001|search=m00001.*sort=customers/);
  await page.getByPlaceholder("Merchant or name").fill("no merchant is called this");
  await expect(page.locator("main")).toContainText("No merchant matches");
  expect(faults).toEqual([]);
  await context.close();
});

test("a sum filters the list to its currency, and currencies never mix", async ({ browser }) => {
  const { page, context } = await openAs(browser, "finance");
  await page.goto("/merchants");
  await page
    .getByRole("button", { name: /^Gross, EUR/ })
    .first()
    .click();
  await expect(page).toHaveURL(/currency=EUR/);
  await expect(page.getByRole("button", { name: /^Gross, / })).toHaveCount(1);
  await expect(page.locator(ROWS).first()).toContainText("EUR");
  await expect.poll(() => page.locator(ROWS).filter({ hasNotText: "EUR" }).count()).toBe(0);
  await context.close();
});

test("a merchant shows what was declined and on which terms it is paid, and alerts only to those who may see them", async ({
  browser,
}) => {
  for (const { role, alerts } of [
    { role: "partnerships", alerts: 0 },
    { role: "fraud_analyst", alerts: 1 },
  ]) {
    const { page, context, faults } = await openAs(browser, role);
    await page.goto("/merchants/M00001");
    await expect(page.getByRole("heading", { name: "Reference data" })).toBeVisible();
    await expect(page.locator("main")).toContainText("Payout cut-off");
    await expect(page.getByRole("heading", { name: "Why payments were declined" })).toBeVisible();
    await expect(page.getByRole("link", { name: /^Approval rate/ })).toHaveAttribute("href", /#declines$/);
    await expect(page.getByRole("heading", { name: "Fraud alerts, newest first" })).toHaveCount(alerts);
    expect(faults).toEqual([]);
    await context.close();
  }
});

test("a merchant nobody knows is said to be unknown, with what to do", async ({ browser }) => {
  const { page, context } = await openAs(browser, "partnerships");
  await page.goto("/merchants/no-such-merchant");
  await expect(page.getByRole("alert").filter({ hasText: "There is no merchant no-such-merchant" })).toBeVisible();
  await expect(page.locator("main")).toContainText("no_such_merchant");
  await context.close();
});

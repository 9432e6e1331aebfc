import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { expectAccessible, openAs } from "./support";

test("a visitor signs in and comes to the page asked for; signing out ends it", async ({ browser }) => {
  const { page, context } = await openAs(browser, null);
  await page.goto("/operations/health?x=1");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expectAccessible(page);
  await page.getByLabel("E-mail").fill("ops@demo.concordance.local");
  await page.getByRole("textbox", { name: "Password" }).fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "do not belong together" })).toBeVisible();
  const password = await readFile(join(process.env.CONCORDANCE_TEST_DATA ?? "", "secrets", "demo-password"), "utf8");
  await page.getByRole("textbox", { name: "Password" }).fill(password.trim());
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/operations\/health\?x=1$/);
  await page.getByRole("button", { name: "Your account and settings" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.goto("/operations/health");
  await expect(page).toHaveURL(/\/sign-in/);
  await context.close();
});

test("each role lands where it works and sees no door it may not open", async ({ browser }) => {
  const { page, context } = await openAs(browser, "partnerships");
  await page.goto("/");
  await expect(page).toHaveURL(/\/merchants$/);
  await expect(page.getByRole("navigation", { name: "Pages" })).not.toContainText("Queue");
  await page.goto("/fraud/queue");
  await expect(page.getByRole("alert").filter({ hasText: "fraud_analyst" })).toBeVisible();
  await context.close();
});

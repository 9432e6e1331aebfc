import { expect, test } from "@playwright/test";
import { expectAccessible, openAs } from "./support";

/** The demo world's past days are closed soon after the start, one after another. */
const CLOSED_WITHIN_MS = 90_000;

const closedCell = (page: import("@playwright/test").Page) =>
  page.getByRole("button", { name: /^reconciliation \d{4}-\d{2}-\d{2}: (Closed|Changed since)/ });

test("a past day is run dry, its diff is read, and exactly that is committed", async ({ browser }) => {
  test.setTimeout(CLOSED_WITHIN_MS + 60_000);
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/jobs");
  await expect(page.locator("main")).toContainText(/every night 02:00 Europe\/London, next/);
  const cell = closedCell(page).last();
  await cell.click({ timeout: CLOSED_WITHIN_MS });
  const panel = page.getByRole("complementary", { name: /^Reconciliation of \d{4}/ });
  const runs = panel.getByRole("list", { name: "Runs of this date" }).getByRole("listitem");
  await expect(runs).not.toHaveCount(0);
  await panel.getByRole("button", { name: "Dry run" }).click();
  await expect(panel.getByRole("heading", { name: /What it would change: [\d,]+ rows before/ })).toBeVisible({
    timeout: 45_000,
  });
  await expect(panel.getByRole("region", { name: "Control totals" })).toBeVisible();
  await expect(panel).toContainText("Inputs, pinned");
  const address = page.url();
  await panel.getByRole("button", { name: /Commit exactly this/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(/from the very inputs this dry run pinned/);
  await dialog.getByRole("button", { name: "Commit", exact: true }).click();
  await expect(runs.first()).toContainText(/Committed|Nothing new/, { timeout: 45_000 });
  await expect(runs.first()).toContainText("run by Otto Operations");
  await expect(panel).toContainText("Inputs, pinned by the dry run");
  // What was looked at stays where it was.
  await page.goto(address);
  await expect(page.getByRole("heading", { name: /What it would change/ })).toBeVisible();
  await expectAccessible(page);
  expect(faults).toEqual([]);
  await context.close();
});

test("a run that has to wait says for what, is in everybody's view of running work, and can be cancelled", async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const { page, context, faults } = await openAs(browser, "admin");
  await page.goto("/operations/jobs");
  await page.getByRole("button", { name: "Run dates …" }).click();
  const dialog = page.getByRole("dialog");
  // Tomorrow is not over, whatever the streams have read.
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel(/^To/).fill(tomorrow);
  await dialog.getByLabel(/^From/).fill(tomorrow);
  await dialog.getByRole("button", { name: "Queue" }).click();
  await expect(dialog).toHaveCount(0);
  const work = page.getByRole("button", { name: /^Running work: / });
  await expect(work).toBeVisible({ timeout: 30_000 });
  await page.reload();
  await work.click();
  const entry = page.getByRole("list", { name: "Running work" }).getByRole("listitem").filter({ hasText: tomorrow });
  await expect(entry).toContainText(`${tomorrow} ends at`);
  await page.keyboard.press("Escape");
  await page.goto(`/operations/jobs?index=reconciliation&date=${tomorrow}&until=${tomorrow}`);
  const panel = page.getByRole("complementary", { name: `Reconciliation of ${tomorrow}` });
  await panel.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(panel.getByRole("listitem").first()).toContainText("Cancelled", { timeout: 30_000 });
  await expect(page.getByText(`Run of reconciliation ${tomorrow} is cancelled`)).toBeVisible({ timeout: 30_000 });
  expect(faults).toEqual([]);
  await context.close();
});

test("an auditor sees the jobs and is offered no verb", async ({ browser }) => {
  const { page, context } = await openAs(browser, "auditor");
  await page.goto("/operations/jobs");
  await expect(page.getByRole("heading", { name: "Index by business date" })).toBeVisible();
  await expect(page.getByRole("button", { name: /Run dates|Run these again|Resume/ })).toHaveCount(0);
  await page
    .getByRole("button", { name: /^reconciliation / })
    .first()
    .click();
  await expect(page.getByRole("complementary", { name: /^Reconciliation of/ })).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Dry run|Run …|Run again …)$/ })).toHaveCount(0);
  await context.close();
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { openAs } from "./support";

// Signing in, twice over, on a machine with other work to do.
test.beforeEach(() => test.setTimeout(90_000));

const password = async (): Promise<string> =>
  (await readFile(join(process.env.CONCORDANCE_TEST_DATA ?? "", "secrets", "demo-password"), "utf8")).trim();

async function signInAgain(page: Page, email: string): Promise<void> {
  await expect(page).toHaveURL(/\/sign-in\?expired=1&next=/, { timeout: 25_000 });
  await expect(page.locator("main")).toContainText("Your session is over");
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(await password());
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("a session that ends in the middle of work leads to sign-in and back to the very same address", async ({
  browser,
}) => {
  const { page, context } = await openAs(browser, "finance");
  await page.goto("/merchants?sort=customers&search=m0");
  await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
  await context.clearCookies();
  // The page reads its figures again by itself and finds no session.
  await signInAgain(page, "finance@demo.concordance.local");
  await expect(page).toHaveURL(/\/merchants\?sort=customers&search=m0$/);
  await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
  await context.close();
});

test("a verdict and a note of an ended session are not taken as done, and the note is still there after signing in", async ({
  browser,
}) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/queue?rule=stolen_card");
  await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
  const panel = page.getByRole("complementary", { name: "Alert" });
  await page.keyboard.press("j");
  await expect(panel).toContainText("Why it fired");
  const alert = new URL(page.url()).searchParams.get("alert");
  const note = page.getByRole("textbox", { name: "A note for colleagues" });
  await note.fill("Half a thought about this card");
  await context.clearCookies();
  await page.getByRole("button", { name: "Add the note" }).click();
  await signInAgain(page, "fraud-analyst@demo.concordance.local");
  await expect(page).toHaveURL(new RegExp(`alert=${alert}`));
  await expect(panel).toContainText("Why it fired");
  await expect(note).toHaveValue("Half a thought about this card");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(panel.getByText("Half a thought about this card")).toBeVisible();
  await expect(note).toHaveValue("");
  await context.clearCookies();
  await panel.getByRole("button", { name: "Confirm", exact: true }).click();
  await signInAgain(page, "fraud-analyst@demo.concordance.local");
  await expect(panel).toContainText("Why it fired");
  await expect(panel.getByText("Confirmed", { exact: true })).toHaveCount(0);
  await context.close();
});

test("while the server does not answer the last good data stay and say since when; then the page goes on by itself", async ({
  browser,
}) => {
  const { page, context } = await openAs(browser, "finance");
  await page.goto("/merchants");
  const rows = page.locator("tbody tr[aria-rowindex]");
  await expect(rows.first()).toBeVisible();
  const stale = page.getByRole("status").filter({ hasText: "Last good data, read" });
  await expect(stale).toHaveCount(0);
  await page.route("**/api/trpc/**", (route) => route.abort());
  await expect(stale).toBeVisible({ timeout: 30_000 });
  await expect(rows.first()).toBeVisible();
  await page.unroute("**/api/trpc/**");
  await expect(stale).toHaveCount(0, { timeout: 30_000 });
  await context.close();
});

test("the slash brings the cursor to the filter of a page, and does nothing where there is none", async ({
  browser,
}) => {
  const { page, context, faults } = await openAs(browser, "admin");
  const FILTERS = [
    ["/fraud/queue", "Id or last four digits"],
    ["/fraud/blacklist", "Find a party"],
    ["/merchants", "Merchant or name"],
    ["/operations/quarantine", "Id, message or coordinates"],
    ["/search", "Any id"],
  ] as const;
  for (const [path, label] of FILTERS) {
    await page.goto(path);
    const field = page.getByRole("textbox", { name: label });
    await expect(field).toBeVisible();
    await page.locator("h1").click();
    await page.keyboard.press("/");
    await expect(field, path).toBeFocused();
    await expect(field, path).toHaveValue("");
  }
  await page.goto("/operations/health");
  await expect(page.locator("main")).toContainText("indexer");
  await page.keyboard.press("/");
  await expect(page.locator("input:focus")).toHaveCount(0);
  expect(faults).toEqual([]);
  await context.close();
});

test("lists with nothing in them say why, and what to do", async ({ browser }) => {
  const { page, context } = await openAs(browser, "admin");
  const EMPTY = [
    ["/fraud/queue?q=nothing-like-this", "No alert matches this filter"],
    ["/fraud/blacklist?search=nothing-like-this", "Nothing is known of “nothing-like-this”"],
    ["/merchants?search=nothing-like-this", "Events lie between"],
    ["/merchants?from=2001-01-01&to=2001-01-01", "No merchant matches"],
    ["/operations/quarantine?q=nothing-like-this", "Choose another group, or clear the filter"],
    ["/merchants/M00001?from=2001-01-01&to=2001-01-01", "No payment in this period"],
  ] as const;
  for (const [path, words] of EMPTY) {
    await page.goto(path);
    await expect(page.locator("main"), path).toContainText(words);
  }
  await context.close();
});

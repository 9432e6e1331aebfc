import { expect, type Page, test } from "@playwright/test";
import { expectAccessible, openAs } from "./support";

const rows = (page: Page) => page.locator("tbody tr[aria-rowindex]");
const countOf = async (page: Page, tab: string): Promise<number> => {
  const text = await page.getByRole("button", { name: new RegExp(`^${tab} [\\d,]+$`) }).textContent();
  return Number((text ?? "").replace(/\D/g, ""));
};

test("a case is decided by keys, undone, assigned and noted, and each is in the case's history", async ({
  browser,
}) => {
  const { page, context, faults } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/queue?rule=stolen_card");
  await expect(rows(page).first()).toBeVisible();
  const confirmed = await countOf(page, "Confirmed");
  await page.keyboard.press("j");
  const panel = page.getByRole("complementary", { name: "Alert" });
  await expect(panel).toContainText("Why it fired");
  const first = new URL(page.url()).searchParams.get("alert");
  await page.keyboard.press("c");
  await expect.poll(() => countOf(page, "Confirmed")).toBe(confirmed + 1);
  // The work goes on with the next row, and the decided one has left the list.
  await expect.poll(() => new URL(page.url()).searchParams.get("alert")).not.toBe(first);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => countOf(page, "Confirmed")).toBe(confirmed);
  await page.goto(`/fraud/queue?status=&alert=${first}`);
  await page.getByRole("textbox", { name: "A note for colleagues" }).fill("Called the customer.");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(panel).toContainText("Farah Analyst");
  await expect(panel).toContainText("Called the customer.");
  await page.locator("h1").click();
  await page.keyboard.press("a");
  await expect(panel.getByText("Assigned", { exact: true })).toBeVisible();
  expect(faults).toEqual([]);
  await context.close();
});

test("new alerts wait behind a pill, nothing moves before it is pressed", async ({ browser }) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/queue");
  const before = await rows(page).first().textContent();
  const pill = page.getByRole("button", { name: /^\d+ new$/ });
  await expect(pill).toBeVisible({ timeout: 25_000 });
  const idOf = (text: string | null) => text?.replace(/\d+ (s|min|h) ago|now/, "");
  expect(idOf(await rows(page).first().textContent())).toBe(idOf(before));
  await pill.click();
  await expect(pill).toBeHidden();
  await expect.poll(async () => idOf(await rows(page).first().textContent())).not.toBe(idOf(before));
  await context.close();
});

test("filters live in the address, and one that matches nothing says what to do", async ({ browser }) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/queue");
  await page.getByRole("textbox", { name: "Id or last four digits" }).fill("no-such-id");
  await expect(page.locator("main")).toContainText("No alert matches this filter");
  await expect(page).toHaveURL(/q=no-such-id/);
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect(rows(page).first()).toBeVisible();
  await expect(page).not.toHaveURL(/q=/);
  await context.close();
});

test("several cases at once say first what will be done", async ({ browser }) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/queue?rule=stolen_card");
  await expect(rows(page).nth(3)).toBeVisible();
  const decided = await countOf(page, "False positive");
  await rows(page).nth(1).getByRole("checkbox").check();
  await rows(page).nth(2).getByRole("checkbox").check();
  await page.getByRole("button", { name: "False positive", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("2 cases are decided at once");
  await dialog.getByRole("button", { name: "Decide" }).click();
  await expect.poll(() => countOf(page, "False positive")).toBe(decided + 2);
  await context.close();
});

test("where a colleague was faster, the second verdict is refused and the first one stays", async ({ browser }) => {
  const [first, second] = [await openAs(browser, "fraud_analyst"), await openAs(browser, "admin")];
  await first.page.goto("/fraud/queue?rule=stolen_card");
  await expect(rows(first.page).first()).toBeVisible();
  await first.page.keyboard.press("j");
  await first.page.keyboard.press("j");
  const panelOf = (page: Page) => page.getByRole("complementary", { name: "Alert" });
  await expect(panelOf(first.page)).toContainText("Why it fired");
  const address = new URL(first.page.url());
  await second.page.goto(`${address.pathname}${address.search}`);
  await expect(panelOf(second.page)).toContainText("Why it fired");
  await panelOf(first.page).getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(first.page.getByText("1 case: confirmed")).toBeVisible();
  await panelOf(second.page).getByRole("button", { name: "False positive", exact: true }).click();
  await expect(second.page.getByText("Somebody else has changed this case")).toBeVisible();
  await expect(panelOf(second.page).getByText("Confirmed", { exact: true })).toBeVisible();
  await Promise.all([first.context.close(), second.context.close()]);
});

test("a list that cannot be read says so in its place, and is read on asking again", async ({ browser }) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/blacklist");
  await expect(rows(page).first()).toBeVisible();
  await page.route(/fraud\.blacklist/, (route) => route.abort());
  await page.getByRole("textbox", { name: "Find a party" }).fill("C00");
  const alert = page.locator("main").getByRole("alert");
  await expect(alert).toBeVisible({ timeout: 20_000 });
  await expect(page.locator("h1")).toHaveText("Blacklist");
  await page.unroute(/fraud\.blacklist/);
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(rows(page).first()).toBeVisible();
  await context.close();
});

test("an auditor reads the queue and finds no verb", async ({ browser }) => {
  const { page, context } = await openAs(browser, "auditor");
  await page.goto("/fraud/queue?status=");
  await rows(page)
    .first()
    .click({ position: { x: 60, y: 10 } });
  const panel = page.getByRole("complementary", { name: "Alert" });
  await expect(panel).toContainText("Why it fired");
  await expect(panel.getByRole("button", { name: /Confirm/ })).toHaveCount(0);
  await expectAccessible(page);
  await expect(rows(page).first().getByRole("checkbox")).toHaveCount(0);
  await context.close();
});

test("a party is taken off the blacklist with a reason", async ({ browser }) => {
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto("/fraud/blacklist");
  const party = (await rows(page).first().locator("td").first().textContent())?.trim() ?? "";
  await rows(page).first().getByRole("button", { name: "Un-blacklist" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Un-blacklist" })).toBeDisabled();
  await dialog.getByRole("textbox", { name: "Why" }).fill("Known customer, checked by telephone.");
  await dialog.getByRole("button", { name: "Un-blacklist" }).click();
  await expect(page.getByText("is no longer denied by this entry")).toBeVisible();
  await page.goto(`/fraud/blacklist?state=removed&search=${party}`);
  await expect(rows(page).first()).toContainText(party);
  await context.close();
});

import { expect, type Page, test } from "@playwright/test";
import { expectAccessible, openAs } from "./support";

test.beforeEach(() => test.setTimeout(90_000));

const ROWS = "tbody tr[aria-rowindex]";
const views = (page: Page) => page.getByRole("list", { name: "Views of this table" });
const menu = (page: Page, name = "Views") => page.getByRole("button", { name, exact: false }).first();

async function saveAs(page: Page, name: string, sharedWith?: string): Promise<void> {
  await menu(page).click();
  await page.getByRole("textbox", { name: "Save filters, sort and columns as" }).fill(name);
  if (sharedWith !== undefined) await page.getByRole("combobox", { name: "Who sees it" }).selectOption(sharedWith);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/saved=/);
  await expect(views(page)).toHaveCount(0);
}

test("a view keeps filters, sort and columns, is shared with a role, and opens a colleague's table by default", async ({
  browser,
}) => {
  const name = `Stolen and risky ${Date.now()}`;
  const mine = await openAs(browser, "fraud_analyst");
  await mine.page.goto("/fraud/queue?rule=stolen_card&sort=riskiest&alert=not-kept");
  await expect(mine.page.locator(ROWS).first()).toBeVisible();
  await mine.page.getByRole("button", { name: "Columns" }).click();
  await mine.page.getByRole("checkbox", { name: "Beneficiary" }).uncheck();
  await mine.page.getByRole("checkbox", { name: "Rail" }).check();
  await mine.page.keyboard.press("Escape");
  await saveAs(mine.page, name, "fraud_analyst");
  const address = new URL(mine.page.url());
  expect(address.searchParams.get("rule")).toBe("stolen_card");
  expect(address.searchParams.get("alert")).toBeNull();
  await expect(menu(mine.page, name)).toBeVisible();
  await expectAccessible(mine.page);

  // A change of the filter is told, and the view is one press away.
  await mine.page.getByRole("button", { name: /^All [\d,]+$/ }).click();
  await expect(menu(mine.page, name)).toContainText("changed");
  await menu(mine.page, name).click();
  await expectAccessible(mine.page);
  await mine.page.getByRole("button", { name: "Back to the view" }).click();
  await expect(mine.page).not.toHaveURL(/status=/);

  // The address alone opens the same columns for a colleague, who makes it the default.
  const other = await openAs(browser, "admin");
  await other.page.goto(`${address.pathname}${address.search}`);
  await expect(menu(other.page, name)).toBeVisible();
  await expect(other.page.getByRole("columnheader", { name: "Rail" })).toBeVisible();
  await expect(other.page.getByRole("columnheader", { name: "Beneficiary" })).toHaveCount(0);
  expect(other.faults).toEqual([]);
  expect(mine.faults).toEqual([]);
  await other.context.close();

  await menu(mine.page, name).click();
  await views(mine.page)
    .getByRole("button", { name: `${name}: opens by default` })
    .click();
  await expect(views(mine.page).getByRole("button", { name: `${name}: opens by default` })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await mine.page.goto("/fraud/queue");
  await expect(mine.page).toHaveURL(/rule=stolen_card/);
  await expect(menu(mine.page, name)).toBeVisible();
  await menu(mine.page, name).click();
  await views(mine.page).getByRole("button", { name: "As it was made", exact: true }).click();
  await expect(mine.page).not.toHaveURL(/rule=/);
  await expect(mine.page.getByRole("columnheader", { name: "Beneficiary" })).toBeVisible();

  await menu(mine.page).click();
  await views(mine.page)
    .getByRole("button", { name: `Remove ${name}` })
    .click();
  await views(mine.page)
    .getByRole("button", { name: `Remove ${name} for good` })
    .click();
  await expect(views(mine.page)).not.toContainText(name);
  await mine.page.goto("/fraud/queue");
  await expect(mine.page.locator(ROWS).first()).toBeVisible();
  await expect(mine.page).not.toHaveURL(/rule=/);
  await mine.context.close();
});

test("a view that is gone says so, and the table opens as it was made", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/tables?saved=no-such-view");
  await expect(page.getByRole("button", { name: "View not found" })).toBeVisible();
  await expect(page.locator(ROWS).first()).toBeVisible();
  await page.getByRole("button", { name: "View not found" }).click();
  await expect(page.getByText("was removed, or is no longer shared with you")).toBeVisible();
  await context.close();
});

test("arrows walk the cells of a row, each is told, and the exact value is copied by key", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "fraud_analyst");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/fraud/blacklist");
  await expect(page.locator(ROWS).first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  const cell = page.locator('td[data-cell="true"]');
  await expect(cell).toHaveCount(1);
  const party = await cell.textContent();
  await expect(page.getByText(`Party: ${party}`)).toBeAttached();
  await page.keyboard.press("Control+c");
  await expect(page.getByText("Party copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(party);
  await page.keyboard.press("ArrowDown");
  await expect(page.locator('tr[aria-current="true"]')).toHaveAttribute("aria-rowindex", "3");
  await page.keyboard.press("ArrowRight");
  await expect(cell).toHaveCount(1);
  expect(await cell.evaluate((element) => element.previousElementSibling !== null)).toBe(true);
  // A field of the page keeps its own arrows.
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  expect(await cell.evaluate((element) => element.previousElementSibling !== null)).toBe(true);
  expect(faults).toEqual([]);
  await context.close();
});

test("a column is made wider without a pointer, and stays so", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/tables");
  const head = page.getByRole("columnheader", { name: "Kind" });
  const width = async () => (await head.boundingBox())?.width ?? 0;
  const before = await width();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Make Kind wider" }).click();
  await page.getByRole("button", { name: "Make Kind wider" }).click();
  await expect.poll(width).toBeGreaterThan(before + 30);
  await page.getByRole("button", { name: "Move Kind towards the front" }).click();
  await expect(page.locator("thead th").first()).toContainText("Kind");
  await page.reload();
  await expect(page.locator("thead th").first()).toContainText("Kind");
  await expect.poll(width).toBeGreaterThan(before + 30);
  await context.close();
});

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
  const { page, context } = await openAs(browser, "admin");
  // Without a text nothing is asked for with the first paint: the browser itself has to call.
  await page.goto("/search");
  await expect(page.locator("main")).toContainText("Type an id");
  await page.route(/\/api\/trpc\/[^?]*search\.find/, (route) => route.abort());
  await page.getByRole("textbox", { name: "Any id" }).fill("M00001");
  const fault = page.locator("main").getByRole("alert");
  await expect(fault).toContainText("The server did not answer", { timeout: 15_000 });
  await expect(fault).toContainText("no_answer");
  await expect(page.locator("h1")).toHaveText("Search: M00001");
  const hit = page.locator("main").getByRole("link", { name: /^Merchant / });
  await expect(hit).toHaveCount(0);
  await page.unroute(/\/api\/trpc\/[^?]*search\.find/);
  await fault.getByRole("button", { name: "Try again" }).click();
  await expect(hit).toHaveAttribute("href", "/merchants/M00001");
  await expect(fault).toHaveCount(0);
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

import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { signIn, until } from "../support/product";
import { baseUrl, openAs } from "./support";

const RECORDS = 10_500;
const LOADED_MIN = 10_000;
/** Rows seen and the margin above and below, with room. */
const DRAWN_MAX = 120;
const LONG = "very-long-name-".repeat(8);

/** Real records that cannot be accepted, and one payment with names as long as they come, through the landing zone. */
async function land(): Promise<void> {
  const folder = join(process.env.CONCORDANCE_TEST_DATA ?? "", "lake", "landing", "simulated-transactions");
  const day = new Date().toISOString();
  const lines = Array.from({ length: RECORDS }, (_, place) =>
    JSON.stringify({ transaction_id: `many-${place}`, event_id: `many-${place}`, status: "APPROVED", event_time: day }),
  );
  const long = {
    transaction_id: `t-${LONG}`,
    event_id: `e-${LONG}`,
    payment_type: "CARD",
    status: "SETTLED",
    amount_minor: 922_337_203_685_477,
    currency: "EUR",
    user_id: `u-${LONG}`,
    merchant_id: `m-${LONG}`,
    event_time: day,
  };
  const name = `many-${Date.now()}`;
  await writeFile(join(folder, `.${name}.part`), `${[...lines, JSON.stringify(long)].join("\n")}\n`);
  await rename(join(folder, `.${name}.part`), join(folder, `${name}.ndjson`));
}

const rows = (page: Page) => page.locator("tbody tr[aria-rowindex]");
const scrollTo = (page: Page, share: number) =>
  page
    .getByRole("region", { name: "Quarantined records" })
    .evaluate((element, part) => element.scrollTo(0, element.scrollHeight * part), share);

test.beforeAll(async () => {
  test.setTimeout(120_000);
  await land();
  const call = await signIn(baseUrl(), process.env.CONCORDANCE_TEST_DATA ?? "", "admin");
  const today = new Date().toISOString().slice(0, 10);
  await until(async () => {
    const { total } = await call<{ total: number }>("ops.quarantineRows", { text: "many-", limit: 1 });
    const period = { from: today, to: today, search: `m-${LONG}` };
    const { rows: merchants } = await call<{ rows: unknown[] }>("merchants.list", period);
    return total >= RECORDS && merchants.length === 1;
  });
});

test("ten thousand rows scroll with few of them drawn, any of which is there where it is scrolled to", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/quarantine?q=many-");
  await expect(rows(page).first()).toBeVisible({ timeout: 30_000 });
  const lastLoaded = async () => Number(await rows(page).last().getAttribute("aria-rowindex", { timeout: 30_000 }));
  await expect
    .poll(
      async () => {
        await scrollTo(page, 1);
        expect(await rows(page).count()).toBeLessThan(DRAWN_MAX);
        return lastLoaded();
      },
      { timeout: 180_000, intervals: [100] },
    )
    .toBeGreaterThan(LOADED_MIN);
  for (const share of [0, 0.5, 0.25, 0.9]) {
    await scrollTo(page, share);
    await expect
      .poll(async () => {
        const place = Number(await rows(page).first().getAttribute("aria-rowindex"));
        return Math.abs(place / LOADED_MIN - share) < 0.08;
      })
      .toBe(true);
    expect(await rows(page).count()).toBeLessThan(DRAWN_MAX);
  }
  // Keys work among them as among ten.
  await scrollTo(page, 0);
  await rows(page).first().click();
  await page.keyboard.press("j");
  await expect(page.locator('tr[aria-current="true"]')).toHaveAttribute("aria-rowindex", "3");
  expect(faults).toEqual([]);
  await context.close();
});

test("very long names and great amounts are cut in their place, said in full, and never push the page sideways", async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const { page, context } = await openAs(browser, "admin");
  const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const path = `/merchants?search=m-${LONG}`;
  await page.goto(path);
  await expect(rows(page)).toHaveCount(1, { timeout: 30_000 });
  const row = rows(page).first();
  await expect(row.locator("td").first()).toHaveAttribute("title", new RegExp(`m-${LONG}`));
  await expect(row).toContainText("9,223,372,036,854.77");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const address of [path, `/merchants/m-${LONG}`, `/search?q=t-${LONG}`, `/fraud/queue?q=${LONG}`]) {
      await page.goto(address);
      await expect(page.locator("h1")).toBeVisible();
      await expect(page.locator("main [aria-busy=true]")).toHaveCount(0);
      expect(await sideways(), `${address} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
  await context.close();
});

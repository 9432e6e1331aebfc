import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { signIn, until } from "../support/product";
import { baseUrl, openAs } from "./support";

/** More than the queue loads before anybody scrolls. */
const CASES = 330;
const MARK = `bulk${Date.now()}`;

/** Real payments with a high score, through the landing zone: each is an alert of this amount. */
async function land(): Promise<void> {
  const landing = join(process.env.CONCORDANCE_TEST_DATA ?? "", "lake", "landing");
  const at = new Date().toISOString();
  const places = Array.from({ length: CASES }, (_, place) => place);
  const payments = places.map((place) => ({
    transaction_id: `${MARK}-${place}`,
    event_id: `${MARK}-${place}`,
    payment_type: "CARD",
    status: "APPROVED",
    amount_minor: place < 300 ? 1_050 : 300,
    currency: place < 300 ? "EUR" : "JPY",
    user_id: `u${place}-${MARK}`,
    merchant_id: "M00001",
    event_time: at,
  }));
  const signals = places.map((place) => ({
    fraud_signal_id: `s-${MARK}-${place}`,
    transaction_id: `${MARK}-${place}`,
    fraud_score: 0.97,
    reason_code: "test",
    model_version: "1",
    event_time: at,
  }));
  const drop = async (source: string, rows: readonly object[]) => {
    const folder = join(landing, source);
    await writeFile(join(folder, `.${MARK}.part`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await rename(join(folder, `.${MARK}.part`), join(folder, `${MARK}.ndjson`));
  };
  await drop("simulated-transactions", payments);
  await drop("simulated-signals", signals);
}

test.beforeAll(async () => {
  test.setTimeout(120_000);
  await land();
  const call = await signIn(baseUrl(), process.env.CONCORDANCE_TEST_DATA ?? "", "admin");
  await until(async () => (await call<{ total: number }>("fraud.queue", { text: MARK, limit: 1 })).total === CASES);
});

const tab = async (page: Page, name: string): Promise<number> => {
  const text = await page.getByRole("button", { name: new RegExp(`^${name} [\\d,]+$`) }).textContent();
  return Number((text ?? "").replace(/\D/g, ""));
};

/** A click on a page that is not alive yet does nothing, as a person would see. */
async function selectLoaded(page: Page): Promise<void> {
  const every = page.getByRole("checkbox", { name: "Select every loaded row" });
  await expect(async () => {
    if (!(await every.isChecked())) await every.click();
    await expect(every).toBeChecked({ timeout: 1_000 });
  }).toPass();
}

test("every case under a filter is decided at once, loaded or not, after its count and sums per currency were said", async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const { page, context, faults } = await openAs(browser, "fraud_analyst");
  const address = `/fraud/queue?rule=fraud_score&q=${MARK}`;
  await page.goto(address);
  await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Fraud alerts" })).toHaveAttribute("aria-busy", "false");
  await selectLoaded(page);
  await page.getByRole("button", { name: `Select all ${CASES} under this filter` }).click();
  await expect(page.getByText(`All ${CASES} rows under this filter are selected`)).toBeVisible();
  await page.getByRole("button", { name: "Inconclusive", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(`Inconclusive: ${CASES} cases`);
  await expect(dialog).toContainText("300 with 3,150.00 EUR in all");
  await expect(dialog).toContainText("30 with 9,000 JPY in all");
  // A colleague is faster with one of them: it stays as the colleague left it.
  const colleague = await openAs(browser, "admin");
  await colleague.page.goto(address);
  await colleague.page.locator("tbody tr[aria-rowindex]").first().getByText("Fraud score").click();
  const panel = colleague.page.getByRole("complementary", { name: "Alert" });
  await panel.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(colleague.page.getByText("1 case: confirmed")).toBeVisible();
  await colleague.context.close();
  await dialog.getByRole("button", { name: "Decide" }).click();
  await expect(page.getByText(`${CASES - 1} cases changed`)).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("1 left alone: a colleague changed them meanwhile")).toBeVisible();
  await expect.poll(() => tab(page, "Inconclusive")).toBe(CASES - 1);
  await expect.poll(() => tab(page, "Confirmed")).toBe(1);
  await expect.poll(() => tab(page, "Open")).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test("taking one row out of a selection over all pages leaves the loaded ones", async ({ browser }) => {
  test.setTimeout(60_000);
  const { page, context } = await openAs(browser, "fraud_analyst");
  await page.goto(`/fraud/queue?status=&q=${MARK}`);
  await expect(page.locator("tbody tr[aria-rowindex]").first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Fraud alerts" })).toHaveAttribute("aria-busy", "false");
  await selectLoaded(page);
  await page.getByRole("button", { name: `Select all ${CASES} under this filter` }).click();
  await expect(page.getByText(`all ${CASES} rows selected`)).toBeVisible();
  await page.locator("tbody tr[aria-rowindex]").first().getByRole("checkbox").uncheck();
  await expect(page.getByText(/^\d+ selected of 330 rows$/)).toBeVisible();
  await context.close();
});

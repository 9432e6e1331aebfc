import { expect, test } from "@playwright/test";
import { openAs } from "./support";

test("a quarantined record is shown as it came beside what could be read, with a way to its trace", async ({
  browser,
}) => {
  // Which faults the simulator has made by now is chance; one that names a field comes soon.
  test.setTimeout(60_000);
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/quarantine");
  const groups = page.getByRole("region", { name: "Groups by code and source" }).locator("tbody tr");
  const withField = groups.filter({ has: page.locator("td:nth-child(3)", { hasNotText: "—" }) });
  await withField.first().getByRole("link").first().click({ timeout: 45_000 });
  await expect(page).toHaveURL(/code=[a-z_]+&source=/);
  await page.locator("tbody tr[aria-rowindex]").first().click();
  await expect(page.locator("main pre")).toContainText("{");
  await expect(page.locator("main")).toContainText("What to do:");
  await expect(page.locator("main")).toContainText("(at fault)");
  await page.getByRole("link", { name: "Trace", exact: true }).click();
  await expect(page.locator("main")).toContainText("Quarantined");
  expect(faults).toEqual([]);
  await context.close();
});

test("columns are chosen and remembered", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/tables");
  await expect(page.getByRole("columnheader", { name: "Small files" })).toBeVisible();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Small files" }).uncheck();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("columnheader", { name: "Small files" })).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("columnheader", { name: "Bytes a row" })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Small files" })).toHaveCount(0);
  await context.close();
});

test("every record of every source is accounted for in what the page says", async ({ browser }) => {
  const { page, context } = await openAs(browser, "ops");
  await page.goto("/operations/streams");
  await expect(page.getByText("Balance holds")).toHaveCount(2);
  const lines = await page
    .locator("main")
    .getByText(/\d in = /)
    .allInnerTexts();
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const [records = 0, ...parts] = (line.match(/[\d,]+/g) ?? []).map((text) => Number(text.replaceAll(",", "")));
    expect(records).toBeGreaterThan(0);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(records);
  }
  await context.close();
});

test("a period dragged over a chart is the page's period until one goes back to now", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/streams");
  const chart = page.locator("figure", { hasText: "Accepted per minute" }).locator("svg.recharts-surface").first();
  await expect(chart).toBeVisible();
  const box = await chart.boundingBox();
  if (box === null) throw new Error("the chart has no place on the page");
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height / 2, { steps: 4 });
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/until=\d{4}-/);
  await page.getByRole("button", { name: /back to now/ }).click();
  await expect(page).not.toHaveURL(/until=/);
  expect(faults).toEqual([]);
  await context.close();
});

test("delays are the same figures as a chart and as a table, and percentiles are in order", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "ops");
  await page.goto("/operations/streams");
  await page.getByRole("button", { name: "Event to ingested" }).click();
  await expect(page).toHaveURL(/metric=event_to_ingested/);
  const figure = page.locator("figure", { hasText: "Percentiles per minute" });
  await figure.getByText("Table", { exact: true }).click();
  const rows = figure.locator("tbody tr").filter({ hasText: "ms" });
  await expect(rows).not.toHaveCount(0);
  for (const row of await rows.all()) {
    const cells = (await row.locator("td").allInnerTexts()).map((text) => Number(text.replace(/[^\d.]/g, "")));
    expect(cells).toHaveLength(3);
    expect([...cells].sort((a, b) => a - b)).toEqual(cells);
  }
  expect(faults).toEqual([]);
  await context.close();
});

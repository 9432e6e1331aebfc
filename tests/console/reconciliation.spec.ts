import { expect, type Page, test } from "@playwright/test";
import { parse } from "csv-parse/sync";
import { signIn, until } from "../support/product";
import { baseUrl, expectAccessible, openAs } from "./support";

interface Close {
  readonly businessDate: string;
  readonly isCurrent: boolean;
}
interface Break {
  readonly breakId: string;
  readonly kind: string;
  readonly status: string;
  readonly currency: string | null;
  readonly valueMinor: bigint | null;
}

const rows = (page: Page) => page.locator("tbody tr[aria-rowindex]");
const panelOf = (page: Page) => page.getByRole("complementary", { name: "Break" });
const caller = (role: string) => signIn(baseUrl(), process.env.CONCORDANCE_TEST_DATA ?? "", role);

/** The demo world's closed days are run in the background after the start. */
test.beforeAll(async () => {
  test.setTimeout(240_000);
  const call = await caller("admin");
  await until(async () => {
    const { closes } = await call<{ closes: unknown[] }>("reconciliation.closes", undefined);
    if (closes.length === 0) return false;
    const { total } = await call<{ total: number; close: Close }>("reconciliation.breaks", { status: ["open"] });
    return total > 5;
  });
});

/** One-sided breaks of the newest close, as the list has them: the n-th largest or smallest of one currency. */
async function oneSided(order: "largest" | "smallest"): Promise<Break> {
  const call = await caller("finance");
  const { rows: found } = await call<{ rows: Break[] }>("reconciliation.breaks", {
    kind: ["missing_external", "missing_internal"],
    status: ["open"],
    limit: 200,
  });
  const major = found.filter(({ currency }) => currency === "EUR" || currency === "USD" || currency === "GBP");
  const sizeOf = ({ valueMinor }: Break) => Math.abs(Number(valueMinor ?? 0n));
  const sorted = major.sort((a, b) => sizeOf(a) - sizeOf(b));
  const one = order === "largest" ? sorted.at(-1) : sorted[0];
  if (one === undefined) throw new Error("the demo world has no one-sided break");
  return one;
}

test("the day leads from a figure to its breaks", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "finance");
  await page.goto("/reconciliation/day");
  await expect(page.locator("main")).toContainText("Control totals");
  await expect(page.locator("main")).toContainText("Matched by stage");
  await expectAccessible(page);
  await page
    .locator("main")
    .getByRole("link", { name: /^Breaks/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/reconciliation\/breaks/);
  await expect(rows(page).first()).toBeVisible();
  expect(faults).toEqual([]);
  await context.close();
});

test("a break is found, seen why and written off at once below the limit", async ({ browser }) => {
  const { breakId } = await oneSided("smallest");
  const { page, context, faults } = await openAs(browser, "finance");
  await page.goto(`/reconciliation/breaks?status=&break=${encodeURIComponent(breakId)}`);
  await expect(panelOf(page)).toContainText("Both sides");
  await expect(panelOf(page)).toContainText(/business days? old|New today/);
  await expectAccessible(page);
  await panelOf(page)
    .getByRole("button", { name: /^Write off/ })
    .click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Within your own limit");
  await dialog.getByRole("textbox", { name: "Why" }).fill("Goodwill of the house.");
  await dialog.getByRole("button", { name: "Write off" }).click();
  await expect(page.getByText("1 decision made")).toBeVisible();
  await expect(panelOf(page).getByText("Decided", { exact: true })).toBeVisible();
  await expect(panelOf(page)).toContainText("Goodwill of the house.");
  expect(faults).toEqual([]);
  await context.close();
});

test("above the limit a second person has to approve, and whoever asked cannot", async ({ browser }) => {
  const { breakId } = await oneSided("largest");
  const [first, second] = [await openAs(browser, "finance"), await openAs(browser, "admin")];
  const call = await caller("finance");
  await first.page.goto(`/reconciliation/breaks?status=&break=${encodeURIComponent(breakId)}`);
  await panelOf(first.page)
    .getByRole("button", { name: /^Write off/ })
    .click();
  const dialog = first.page.getByRole("dialog");
  await expect(dialog).toContainText("a second person has to approve");
  await dialog.getByRole("textbox", { name: "Why" }).fill("The customer is insolvent.");
  await dialog.getByRole("button", { name: "Ask for approval" }).click();
  await expect(panelOf(first.page).getByText("Waits for approval")).toBeVisible();
  await expect(panelOf(first.page)).toContainText("somebody else has to approve");
  await expect(panelOf(first.page).getByRole("button", { name: "Approve", exact: true })).toHaveCount(0);
  await second.page.goto("/reconciliation/breaks?inbox=pending");
  await second.page.getByRole("button", { name: "Approve", exact: true }).first().click();
  await second.page.getByRole("textbox", { name: "Approve: why" }).fill("Seen the letter of the court.");
  await second.page.getByRole("button", { name: "Approve", exact: true }).first().click();
  await expect(second.page.getByText("Nothing waits for a second person.")).toBeVisible();
  const { rows: after } = await call<{ rows: Break[] }>("reconciliation.breaks", { status: ["decided"], limit: 200 });
  expect(after.map((row) => row.breakId)).toContain(breakId);
  await Promise.all([first.context.close(), second.context.close()]);
});

test("the list's file is the table, row for row", async ({ browser }) => {
  const { context } = await openAs(browser, "finance");
  const call = await caller("finance");
  const filter = { status: [], sort: "oldest" };
  const { rows: listed, total } = await call<{ rows: Break[]; total: number }>("reconciliation.breaks", {
    ...filter,
    limit: 200,
  });
  const address = `/api/export/reconciliation?view=breaks&format=csv&filter=${encodeURIComponent(JSON.stringify(filter))}`;
  const records: Record<string, string>[] = parse(await (await context.request.get(address)).text(), { columns: true });
  expect(records).toHaveLength(total);
  expect(records.slice(0, listed.length).map(({ break_id }) => break_id)).toEqual(listed.map(({ breakId }) => breakId));
  await context.close();
});

test("a file of fixes says what it would do before it does it", async ({ browser }) => {
  const { page, context } = await openAs(browser, "finance");
  const { breakId } = await oneSided("smallest");
  await page.goto("/reconciliation/breaks");
  await page.getByRole("button", { name: "Upload fixes" }).click();
  const csv = `break_id,decision,reason\r\n"${breakId}",write_off,a file of fixes\r\nnothing,write_off,unknown break\r\n`;
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "fixes.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("1 would be decided");
  await expect(dialog).toContainText("Refused: The newest close tells of no such break");
  await dialog.getByRole("button", { name: "Apply 1 decision" }).click();
  await expect(page.getByText("1 decision made")).toBeVisible();
  await context.close();
});

test("a past close is reopened as it was, and nothing can be decided there", async ({ browser }) => {
  const call = await caller("auditor");
  const { closes } = await call<{ closes: { businessDate: string; version: number }[] }>(
    "reconciliation.closes",
    undefined,
  );
  const oldest = closes.at(-1);
  const { page, context, faults } = await openAs(browser, "finance");
  await page.goto(`/reconciliation/breaks?date=${oldest?.businessDate}&version=${oldest?.version}&status=`);
  await expect(page.getByRole("note")).toContainText(oldest?.businessDate ?? "");
  await expect(page.getByRole("button", { name: "Upload fixes" })).toHaveCount(0);
  await page.getByRole("button", { name: "Compare with now" }).click();
  await expect(page.getByRole("dialog")).toContainText(/Nothing is different|rows then/);
  expect(faults).toEqual([]);
  await context.close();
});

test("matches and payouts explain themselves, and an auditor finds no verb", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "auditor", "dark");
  await page.goto("/reconciliation/matches");
  await rows(page)
    .first()
    .click({ position: { x: 40, y: 10 } });
  const panel = page.getByRole("complementary", { name: "Match" });
  await expect(panel).toContainText("Members");
  await expect(panel.getByRole("button", { name: "Take apart" })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto("/reconciliation/payouts?of=accounts");
  await rows(page)
    .first()
    .click({ position: { x: 40, y: 10 } });
  const waterfall = page.getByRole("complementary", { name: "Waterfall" });
  await expect(waterfall).toContainText("Sum");
  await expect(waterfall).toContainText(/0\.00|^0/m);
  await expectAccessible(page);
  await page.goto("/reconciliation/breaks?status=");
  await rows(page).first().locator("td").first().click();
  await expect(panelOf(page)).toContainText("Both sides");
  await expect(panelOf(page).getByRole("button", { name: /^Write off/ })).toHaveCount(0);
  expect(faults).toEqual([]);
  await context.close();
});

import { expect, type Page, test } from "@playwright/test";
import superjson from "superjson";
import { signIn, until } from "../support/product";
import { baseUrl, expectAccessible, openAs } from "./support";

interface Payout {
  readonly payoutId: string;
  readonly merchantId: string;
  readonly status: string;
  readonly payOn: string | null;
  readonly netMinor: bigint;
}
interface Payouts {
  readonly rows: readonly Payout[];
  readonly close: { readonly businessDate: string; readonly run: number };
}

const caller = (role: string) => signIn(baseUrl(), process.env.CONCORDANCE_TEST_DATA ?? "", role);
const panelOf = (page: Page) => page.getByRole("complementary", { name: "Payout" });

/** The demo world's closed days are run in the background after the start. */
test.beforeAll(async () => {
  test.setTimeout(300_000);
  const call = await caller("admin");
  await until(async () => {
    const page = await call<Payouts>("settlement.payouts", { limit: 200 }).catch(() => null);
    return page !== null && page.rows.length > 5;
  });
});

test("the month leads to a day's payouts, and a payout says what moved it, step by step", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "treasury");
  const call = await caller("treasury");
  const { rows } = await call<Payouts>("settlement.payouts", { movedBy: "weekend", sort: "net", limit: 20 });
  const target = rows.find(({ payOn }) => payOn !== null);
  if (target === undefined) throw new Error("no payout of the demo world was moved by a weekend");
  await page.goto(`/settlement/calendar?month=${target.payOn?.slice(0, 7)}`);
  await expect(page.getByRole("table", { name: "Cash needed" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: new RegExp(`^${target.payOn}: `) }).click();
  await expect(page).toHaveURL(new RegExp(`/settlement/payouts\\?.*from=${target.payOn}`));
  await page.goto(`/settlement/payouts?payout=${target.payoutId}&merchant=${target.merchantId}`);
  const panel = panelOf(page);
  await expect(panel).toContainText("Explained to zero");
  await expect(panel).toContainText("Why on this date");
  await expect(panel).toContainText(/weekend/i);
  await expectAccessible(page);
  await panel.getByRole("link", { name: "Open the payout" }).click();
  await expect(page.getByRole("heading", { name: `Payout ${target.payoutId}` })).toBeVisible();
  await expect(page.getByRole("table", { name: "Payments of the payout" })).toBeVisible();
  await expectAccessible(page);
  expect(faults).toEqual([]);
  await context.close();
});

test("a hold is placed, kept by the next run, and released with a reason", async ({ browser }) => {
  test.setTimeout(240_000);
  const { page, context } = await openAs(browser, "treasury");
  const call = await caller("treasury");
  const newest = await call<Payouts>("settlement.payouts", {
    status: ["scheduled", "projected"],
    sort: "net",
    limit: 50,
  });
  const date = newest.close.businessDate;
  const target = newest.rows.find(({ payOn, netMinor }) => payOn !== null && payOn > date && netMinor > 0n);
  if (target === undefined) throw new Error("the demo world has no payout to come");

  await page.goto(`/settlement/payouts?payout=${target.payoutId}&merchant=${target.merchantId}`);
  await panelOf(page).getByRole("button", { name: "Hold payouts" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Keeps");
  await dialog.getByLabel("Why").fill("Documents of the owner are missing");
  await dialog.getByRole("button", { name: "Hold payouts" }).click();
  await expect(panelOf(page)).toContainText("held from the next run");

  const admin = await openAs(browser, "admin");
  const started = await admin.page.request.post(`${baseUrl()}/api/trpc/ops.startRuns`, {
    headers: { origin: baseUrl() },
    data: superjson.serialize({ index: "settlement", from: date, to: date, mode: "commit" }),
  });
  expect(started.ok(), await started.text()).toBe(true);
  await until(async () => {
    const { close } = await call<Payouts>("settlement.payouts", { limit: 1 });
    return close.businessDate > date || close.run > newest.close.run;
  });
  await admin.context.close();

  await page.reload();
  await expect(panelOf(page)).toContainText("Documents of the owner are missing");
  await panelOf(page).getByRole("button", { name: "Release the hold" }).click();
  await dialog.getByLabel("Why").fill("Documents have come");
  await dialog.getByRole("button", { name: "Release" }).click();
  await expect(panelOf(page)).toContainText("Released, in the next run");
  await page.goto("/settlement/holds");
  await expect(page.getByRole("table", { name: "Holds" })).toContainText("Released, in the next run");
  await expectAccessible(page);
  await context.close();
});

test("partnerships read payouts and change none", async ({ browser }) => {
  const { page, context } = await openAs(browser, "partnerships");
  await page.goto("/settlement/payouts");
  await page.locator("tbody tr[aria-rowindex]").first().click();
  await expect(panelOf(page)).toContainText("Explained to zero");
  await expect(panelOf(page).getByRole("button", { name: /Hold payouts|Release the hold/ })).toHaveCount(0);
  await context.close();
});

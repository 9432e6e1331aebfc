import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { CAMT } from "../../server/statements/testing/samples";
import { expectAccessible, openAs } from "./support";

const READ_WITHIN_MS = 60_000;

/** Of this run only: the lake of the suite is shared by every test of it. */
const own = (text: string): string => text.replaceAll("MSG-1", `MSG-${Date.now()}`);

test("a statement file is dropped and accepted, another refused with its reason; both are in the list and open", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const { page, context, faults } = await openAs(browser, "finance");
  await page.goto("/reconciliation/statements");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Statements");
  const [good, bad] = [own(CAMT), own(CAMT).replaceAll("180.25", "180.26").replaceAll("STMT-1", "STMT-9")];
  const drop = page.getByTestId("statement-drop");
  const dropped = await page.evaluateHandle(
    ([accepted, refused]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([accepted ?? ""], "dropped.xml", { type: "text/xml" }));
      transfer.items.add(new File([refused ?? ""], "short.xml", { type: "text/xml" }));
      return transfer;
    },
    [good, bad],
  );
  await drop.dispatchEvent("drop", { dataTransfer: dropped });
  const uploads = page.getByRole("list", { name: "Uploads" });
  const row = (name: string) => uploads.getByRole("listitem").filter({ hasText: name });
  await expect(row("dropped.xml")).toContainText("accepted", { timeout: READ_WITHIN_MS });
  await expect(row("dropped.xml")).toContainText("camt.053");
  await expect(row("short.xml")).toContainText("refused", { timeout: READ_WITHIN_MS });
  await expect(row("short.xml")).toContainText("180.26");
  await expectAccessible(page);

  // What was sent is still told after a reload, and the list has both files.
  await page.reload();
  await expect(row("short.xml")).toContainText("refused");
  const table = page.getByRole("table", { name: "Statement files" });
  await expect(table.getByRole("link", { name: "dropped.xml" })).toBeVisible();
  await page.getByRole("button", { name: "Refused", exact: true }).click();
  await expect(table.getByRole("link", { name: "dropped.xml" })).toHaveCount(0);
  await table.getByRole("link", { name: "short.xml" }).click();
  const reason = page.getByRole("region", { name: "Why it was refused" });
  await expect(reason).toContainText("180.26");
  await expect(reason).toContainText("What to do");
  await expectAccessible(page);

  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download as it came" }).click();
  const path = await (await downloading).path();
  expect(await readFile(path, "utf8")).toBe(bad);
  expect(faults).toEqual([]);
  await context.close();
});

test("the auditor reads statement files and has no way to bring one", async ({ browser }) => {
  const { page, context } = await openAs(browser, "auditor", "dark");
  await page.goto("/reconciliation/statements");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Statements");
  await expect(page.getByRole("table", { name: "Statement files" })).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByTestId("statement-drop")).toHaveCount(0);
  await context.close();
});

test("the demo world's statements of past days are there, each with its balances", async ({ browser }) => {
  const { page, context } = await openAs(browser, "treasury");
  await page.goto("/reconciliation/statements?q=bank-usd");
  const table = page.getByRole("table", { name: "Statement files" });
  await expect(table.getByRole("link", { name: /^bank-usd-\d{4}-\d{2}-\d{2}\.bai2$/ }).first()).toBeVisible({
    timeout: READ_WITHIN_MS,
  });
  await context.close();
});

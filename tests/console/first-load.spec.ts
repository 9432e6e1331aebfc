import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { openAs } from "./support";

const SCRIPT_KB_MAX = 250;
const PAGES = [
  "/overview",
  "/fraud/queue",
  "/fraud/live",
  "/merchants",
  "/merchants/M00001",
  "/operations/streams",
  "/operations/quarantine",
] as const;

test("no page asks for more than 250 KB of script before it can be used", async ({ browser }) => {
  const { context } = await openAs(browser, "admin");
  const sizes = new Map<string, number>();
  for (const path of PAGES) {
    const html = await (await context.request.get(path)).text();
    // Scripts for browsers of long ago are not loaded by others.
    const tags = [...html.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag).filter((tag) => !/nomodule/i.test(tag));
    const sources = new Set(tags.flatMap((tag) => /\bsrc="([^"]+)"/.exec(tag)?.[1] ?? []));
    expect(sources.size, path).toBeGreaterThan(5);
    let bytes = 0;
    for (const source of sources) {
      const size = sizes.get(source) ?? gzipSync(await (await context.request.get(source)).body()).length;
      sizes.set(source, size);
      bytes += size;
    }
    expect(Math.round(bytes / 1_024), `KB of script of ${path}`).toBeLessThanOrEqual(SCRIPT_KB_MAX);
  }
  await context.close();
});

test("a menu that comes later opens on the first press and gives the focus back to its button", async ({ browser }) => {
  const { page, context, faults } = await openAs(browser, "admin");
  await page.goto("/operations/tables");
  const account = page.getByRole("button", { name: "Your account and settings" });
  await account.click();
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toHaveCount(0);
  await expect(account).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toHaveCount(0);
  await expect(account).toBeFocused();
  const columns = page.getByRole("button", { name: "Columns" });
  await columns.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("checkbox", { name: "Rows" })).toBeVisible();
  // The list takes the focus a moment after it is shown; keys are its own from then on.
  await expect(page.getByRole("dialog").locator(":focus")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(columns).toBeFocused();
  // And again, as often as it is asked for.
  await page.keyboard.press("Enter");
  await expect(page.getByRole("checkbox", { name: "Rows" })).toBeVisible();
  await columns.click();
  await expect(page.getByRole("checkbox", { name: "Rows" })).toHaveCount(0);
  expect(faults).toEqual([]);
  await context.close();
});

import { defineConfig } from "@playwright/test";
import { findBrowser } from "./scripts/browser.mjs";

const browser = await findBrowser();
if (!browser.found) throw new Error(`There is no browser to test the console with: ${browser.why}`);

export default defineConfig({
  testDir: "tests/console",
  testMatch: "*.spec.ts",
  globalSetup: "./tests/console/global-setup.ts",
  workers: 1,
  timeout: 30_000,
  expect: { timeout: 8_000 },
  forbidOnly: true,
  retries: 0,
  outputDir: "test-results",
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: { executablePath: browser.executablePath, args: browser.args },
  },
});

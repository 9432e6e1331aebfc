import { defineConfig } from "@playwright/test";
import chromium from "@sparticuz/chromium";

/** Meant for functions in the cloud: more than one context needs a browser of several processes. */
const SINGLE = new Set(["--single-process", "--no-zygote"]);

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
    launchOptions: {
      executablePath: await chromium.executablePath(),
      args: [...chromium.args.filter((argument) => !SINGLE.has(argument)), "--no-sandbox"],
    },
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,workers,tests,components,app}/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // For two cores: a third of the time of the suites with processes of their own is waiting.
    maxWorkers: 3,
  },
});

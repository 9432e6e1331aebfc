import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,workers,tests,components,app}/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: DuckDB brings its own threads.
    maxWorkers: 2,
  },
});

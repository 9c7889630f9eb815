/**
 * The tests that mutants are shown to, in one process: all but those that start whole processes, spend a minute on seeds or
 * start the linter, which sees no defects.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: [
      "test/unit/**/*.test.ts",
      "test/exhaustive/**/*.test.ts",
      "test/integration/http/**/*.test.ts",
      "test/integration/sqlite/**/*.test.ts",
      "test/simulation/sim-adapters.test.ts",
    ],
    exclude: ["test/unit/layers.test.ts"],
    maxWorkers: 1,
    isolate: false,
    testTimeout: 30_000,
  },
});

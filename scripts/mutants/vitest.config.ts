/** The tests that mutants are shown to, in one thread: all but those that start whole processes or spend a minute on seeds. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: [
      "test/unit/**/*.test.ts",
      "test/exhaustive/**/*.test.ts",
      "test/integration/sqlite/**/*.test.ts",
      "test/simulation/sim-adapters.test.ts",
    ],
    maxWorkers: 1,
    isolate: false,
    testTimeout: 30_000,
  },
});

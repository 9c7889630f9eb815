/**
 * Six kinds of tests: unit (pure and fast), exhaustive (everything that can happen to an order), simulation (whole
 * installations in which everything goes wrong, a minute of new seeds), integration (real adapters on temporary folders),
 * e2e (whole processes, one file at a time) and engines (the same on real brokers and stores; skipped aloud where there
 * are none). They run one kind after the other, so that load never blurs a promise.
 */
import { defineConfig } from "vitest/config";

if (Number(process.versions.node.split(".")[0]) < 24) {
  throw new Error(
    `The tests need Node 24 or later, and this is Node ${process.versions.node}: start them by npm test.`,
  );
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          // Properties try many cases, which takes long on a machine that is busy with something else.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "exhaustive",
          include: ["test/exhaustive/**/*.test.ts"],
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/issues/**/*.test.ts"],
          globalSetup: ["test/e2e/build-first.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "engines",
          include: ["test/engines/**/*.test.ts"],
          globalSetup: ["test/e2e/build-first.ts", "test/support/engines/find-engines.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 5 },
          testTimeout: 900_000,
          hookTimeout: 120_000,
          // Brokers, store and processes share one machine: a test that fails is tried once more, and a report says so.
          retry: 1,
        },
      },
    ],
  },
});

/** What `.ci/run` makes of test runs, with an npm and engines that only pretend. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PROJECT_ROOT } from "../../support/linters.ts";

interface Figures {
  readonly passed: number;
  readonly failed?: number;
  readonly skipped?: number;
}

interface Result {
  readonly status: number;
  readonly output: string;
  /** The last line. */
  readonly closing: string | undefined;
}

const NPM = `#!/usr/bin/env bash
echo "npm $*" >>"$PRETENDED/calls"
for argument in "$@"; do
  case $argument in
    --outputFile.json=*) cp "$PRETENDED/$(basename "\${argument#*=}")" "\${argument#*=}" ;;
  esac
done
`;

const ENGINES = `#!/usr/bin/env bash
echo "engines $*" >>"$PRETENDED/calls"
echo REDPANDA_BROKERS=127.0.0.1:9
`;

/** Runs it in a folder of its own, on pretended test runs. */
function runCi(runs: { readonly all: Figures; readonly engines?: Figures }): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), "ci-run-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o755 });
  };
  for (const [name, { passed, failed = 0, skipped = 0 }] of Object.entries(runs)) {
    const failures = Array.from({ length: failed }, () => ({
      status: "failed",
      fullName: "keeps its promise",
      failureMessages: ["Error: broken"],
    }));
    const report = {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: skipped,
      numTodoTests: 0,
      testResults: [{ name: "promise.test.ts", message: "", assertionResults: failures }],
    };
    put(`pretended/${name}.json`, JSON.stringify(report));
  }
  put("bin/npm", NPM);
  // Nothing may be installed here.
  put("bin/ldconfig", "#!/bin/sh\necho libnss3.so libexpat.so.1\n");
  if (runs.engines !== undefined) put("shared/engines/engines", ENGINES);
  put("project/scripts/check-alerts.sh", "#!/bin/sh\n");
  mkdirSync(join(root, "project/.ci"), { recursive: true });
  copyFileSync(join(PROJECT_ROOT, ".ci/run"), join(root, "project/.ci/run"));
  const PATH = [join(root, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH, PRETENDED: join(root, "pretended") };
  return new Promise((resolve) => {
    execFile("bash", [join(root, "project/.ci/run")], { env }, (error, stdout, stderr) => {
      const output = stdout + stderr;
      resolve({ status: Number(error?.code ?? 0), output, closing: stdout.trimEnd().split("\n").at(-1) });
    });
  });
}

test.skipIf(process.platform === "win32")("adds up all runs on its last line", async () => {
  const result = await runCi({ all: { passed: 20, skipped: 2 }, engines: { passed: 7 } });
  expect(result).toMatchObject({ status: 0, closing: "27 passed, 0 failed, 2 skipped" });
});

test.skipIf(process.platform === "win32")("fails where engines are there and a test on them was skipped", async () => {
  const result = await runCi({ all: { passed: 20 }, engines: { passed: 7, skipped: 3 } });
  expect(result).toMatchObject({ status: 1, closing: "27 passed, 1 failed, 3 skipped" });
  expect(result.output).toContain("3 tests on them were skipped");
});

test.skipIf(process.platform === "win32")("fails where engines are there and no test on them passed", async () => {
  const result = await runCi({ all: { passed: 20 }, engines: { passed: 0 } });
  expect(result).toMatchObject({ status: 1, closing: "20 passed, 1 failed, 0 skipped" });
});

test.skipIf(process.platform === "win32")(
  "counts what is skipped where there are no engines, and says so",
  async () => {
    const result = await runCi({ all: { passed: 20, skipped: 40 } });
    expect(result).toMatchObject({ status: 0, closing: "20 passed, 0 failed, 40 skipped" });
    expect(result.output).toContain("SKIPPED");
  },
);

test.skipIf(process.platform === "win32")("fails with a test that failed, and names it", async () => {
  const result = await runCi({ all: { passed: 20, failed: 1 }, engines: { passed: 7 } });
  expect(result).toMatchObject({ status: 1, closing: "27 passed, 1 failed, 0 skipped" });
  expect(result.output).toContain("failed: promise.test.ts: keeps its promise\n  Error: broken\n");
});

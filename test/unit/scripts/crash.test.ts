import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../../support/linters.ts";

test.each(["0", "-1", "many", "2.5", "1e9"])("npm run crash refuses --rounds=%s in one sentence", (rounds) => {
  const run = spawnSync(process.execPath, [join(PROJECT_ROOT, "scripts/crash.ts"), `--rounds=${rounds}`], {
    encoding: "utf8",
  });
  expect([run.status, run.stderr]).toEqual([1, `--rounds ${rounds} cannot be used: it must be from 1 to 100000.\n`]);
});

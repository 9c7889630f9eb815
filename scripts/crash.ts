/**
 * Kills the service under load, again and again, as often as one likes: `npm run crash -- --rounds 200`. With `--engines`
 * it kills workers on Redpanda and MongoDB. It is the crash test of the suite, which stops at a few rounds.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAX_ROUNDS = 100_000;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, engines: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
  process.stderr.write(`--rounds ${values.rounds} cannot be used: it must be from 1 to ${MAX_ROUNDS}.\n`);
  process.exit(1);
}
const [project, folder] = values.engines ? ["engines", "test/engines/promises"] : ["e2e", "test/e2e"];
const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--project", project, `${folder}/crash-recovery.test.ts`],
  { cwd: ROOT, stdio: "inherit", env: { ...process.env, CRASH_ROUNDS: String(rounds) } },
);
process.exit(status ?? 1);

/** The command line. Results go to standard output, progress and errors to standard error, and every error has a code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { OperationalError } from "./actors/errors.ts";
import { PUBLISHER } from "./actors/publisher.ts";
import { rebuildOrdersView } from "./actors/rebuild.ts";
import { DEFAULT_MIX, parseMix } from "./demo/mix.ts";
import { createProgress } from "./demo/progress.ts";
import { runDemo } from "./demo/run-demo.ts";
import { runGenerate } from "./demo/run-generate.ts";
import type { RunOptions } from "./demo/run-options.ts";
import { hasData, openEmbeddedStores } from "./embedded-stores.ts";
import { loadConfig, printConfig } from "./infra/config.ts";
import { createLogger } from "./infra/logger.ts";
import { createMetrics } from "./infra/metrics.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { startService } from "./main.ts";

/** After this long a stop is forced: what was not finished is found again at the next start. */
const STOP_DEADLINE_MS = 15_000;

const program = new Command("orderloom")
  .description("An order-processing service: orders in, confirmation mails out, nothing lost in between.")
  .version(packageJson.version)
  .showHelpAfterError();

program
  .command("start")
  .description("start the service; settings come from the environment (see 'orderloom config print')")
  .action(start);

const config = program.command("config").description("settings");
config
  .command("print")
  .description("print every setting with its meaning, its default and the value in force")
  .action(() => {
    process.stdout.write(printConfig(loadConfig(process.env)));
  });

/** The options of the commands that send orders, as they are parsed. */
type LoadOptions = Omit<RunOptions, "url" | "everyMs" | "signal"> & { readonly every: number };

function loadOptions(command: Command, defaultLimit: number): Command {
  return command
    .option("--limit <orders>", "how many orders", wholeNumber, defaultLimit)
    .option("--rate <orders>", "orders per second; 0 for as fast as they are answered", wholeNumber, 0)
    .option("--every <duration>", "send the orders of so much time together, such as 2s or 500ms", duration, 0)
    .option("--seed <seed>", "the same seed plans the same orders", wholeNumber, 1)
    .addOption(
      new Option("--mix <weights>", "what kinds of orders, by weight")
        .argParser(parseMix)
        .default(DEFAULT_MIX, "normal=90,mismatch=4,duplicate=3,payment-first=3"),
    )
    .option("--concurrency <orders>", "orders under way at the same time", wholeNumber, 32)
    .option("--run <id>", "names this run: the same seed and run repeat the same orders")
    .option("--quiet", "no progress", false);
}

loadOptions(
  program
    .command("generate")
    .description("make up traffic")
    .command("orders")
    .description("submit and pay made-up orders through the public API")
    .option("--url <url>", "the service", "http://127.0.0.1:3000"),
  100,
).action(async ({ every, url, ...load }: LoadOptions & { url: string }) =>
  runGenerate({ ...load, url, everyMs: every, signal: interruption() }),
);

loadOptions(
  program
    .command("demo")
    .description(
      "run made-up orders and compare what came out with what had to; without --url it starts a service of its own",
    )
    .option("--url <url>", "a service that runs already")
    .option("--json", "print one JSON document", false),
  200,
).action(async ({ every, url, ...load }: LoadOptions & { url?: string; json: boolean }) => {
  const options = { ...load, everyMs: every, signal: interruption() };
  if (url !== undefined) await runDemo({ ...options, url });
  // A service of our own has the dev inbox, so mails that cannot be counted are an error there.
  else await withTemporaryService((ownUrl) => runDemo({ ...options, url: ownUrl, requiresInbox: true }));
});

program
  .command("rebuild")
  .description("make a read model again from the stored events; the service must be stopped")
  .addArgument(
    new Argument("[what]", "orders: the orders view; publisher: publish every event again under its id")
      .choices(["orders", PUBLISHER])
      .default("orders"),
  )
  .option("--quiet", "no progress", false)
  .action(rebuild);

async function start(): Promise<void> {
  const settings = loadConfig(process.env);
  const logger = createLogger(settings.LOG_LEVEL);
  const service = await startService(settings, logger);
  const lines = [
    `Orderloom ${packageJson.version} is ready.`,
    `  shop        ${service.url}/`,
    service.devInboxPort === null ? "" : `  dev inbox   ${service.url}/inbox   (SMTP on port ${service.devInboxPort})`,
    `  API         ${service.url}/docs`,
    `  metrics     ${service.url}/metrics`,
    `  data        ${service.dataPlace}`,
    "Ctrl-C stops it.",
  ];
  process.stdout.write(`${lines.filter((line) => line !== "").join("\n")}\n`);
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // The second Ctrl-C is from somebody who does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    process.stderr.write(`${signal}: finishing what is in progress\n`);
    setTimeout(() => {
      process.stderr.write("orderloom: the stop took too long and was forced; the next start carries on. [stopping]\n");
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    void service.stop().then(() => process.exit(0), fail);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

/** Runs something against a service of its own on free ports, whose data is gone afterwards. */
async function withTemporaryService(run: (url: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "orderloom-demo-"));
  const settings = loadConfig({
    ...process.env,
    PORT: "0",
    DEV_INBOX_PORT: "0",
    DATA_DIR: dataDir,
    SMTP_URL: undefined,
  });
  try {
    const service = await startService(settings, createLogger("warn"));
    try {
      await run(service.url);
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function rebuild(what: string, { quiet }: { quiet: boolean }): Promise<void> {
  const settings = loadConfig(process.env);
  if (!hasData(settings.DATA_DIR)) {
    const message = `There is no data in ${settings.DATA_DIR}: set DATA_DIR to the folder of the service.`;
    throw new OperationalError("invalid_configuration", message, { retryable: false });
  }
  const logger = createLogger(settings.LOG_LEVEL);
  const crash = (error: Error): never => fail(error);
  const stores = await openEmbeddedStores(settings, { crash, retriedError: (error) => logger.warn({ err: error }) });
  try {
    if (what === PUBLISHER) {
      await stores.viewStore.resetCheckpoint(PUBLISHER);
      process.stdout.write("The next start publishes every stored event again, each under the id it had.\n");
      return;
    }
    const progress = createProgress({ label: "commits", quiet });
    const version = await rebuildOrdersView({
      eventStore: stores.eventStore,
      viewStore: stores.viewStore,
      clock: systemClock,
      random: systemRandom,
      metrics: createMetrics(systemClock.nowMs).pipeline,
      shards: settings.SHARDS,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.stop();
    process.stdout.write(`The orders view was rebuilt and is now version ${version}.\n`);
  } finally {
    await stores.stop();
  }
}

/** Aborts on Ctrl-C, so that a run ends with what it has. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  process.once("SIGTERM", () => controller.abort());
  return controller.signal;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("it must be a whole number");
  return value;
}

function duration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("it must be a duration such as 500ms, 2s or 1m");
  return Number(amount) * (unit === "ms" ? 1 : unit === "s" ? 1_000 : 60_000);
}

function fail(error: unknown): never {
  if (error instanceof OperationalError) process.stderr.write(`orderloom: ${error.message} [${error.code}]\n`);
  else process.stderr.write(`orderloom: this is a defect, please report it: ${inspect(error)}\n`);
  process.exit(1);
}

process.on("unhandledRejection", fail);
process.on("uncaughtException", fail);
await program.parseAsync().catch(fail);

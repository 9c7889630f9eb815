/** The command line. Results go to standard output, progress and errors to standard error, and every error has a code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { DEFAULT_REDRIVE_PER_S } from "./actors/dead-letter-desk.ts";
import { LETTER_STATES } from "./actors/dead-letter-documents.ts";
import { OperationalError } from "./actors/errors.ts";
import { ROLES } from "./actors/operators.ts";
import { PAYMENT_DESK } from "./actors/payment-desk.ts";
import { PUBLISHER } from "./actors/publisher.ts";
import { dropDeadLetters, listDeadLetters, redriveDeadLetters, showDeadLetter } from "./commands/dead-letters.ts";
import { createKey, listKeys, revokeKey } from "./commands/keys.ts";
import { lag } from "./commands/lag.ts";
import { migrate } from "./commands/migrate.ts";
import { rebuild } from "./commands/rebuild.ts";
import { reconcile, reconcileInstallation } from "./commands/reconcile.ts";
import { describeReconciliation, reconciliationDocument } from "./commands/reconcile-text.ts";
import { start } from "./commands/start.ts";
import { connectToTopics, FORMATS, type Format } from "./commands/to-topics.ts";
import { why } from "./commands/why.ts";
import { DEFAULT_MIX, parseMix } from "./demo/mix.ts";
import { type DemoOptions, runDemo } from "./demo/run-demo.ts";
import { runGenerate } from "./demo/run-generate.ts";
import type { RunOptions } from "./demo/run-options.ts";
import { type Config, loadConfig, printConfig, usesEngines } from "./infra/config.ts";
import { createLogger } from "./infra/logger.ts";
import { startService } from "./main.ts";
import { isOperatorName } from "./schemas/operators.ts";

const program = new Command("orderloom")
  .description("An order-processing service: orders in, confirmation mails out, nothing lost in between.")
  .version(packageJson.version)
  .showHelpAfterError();

program
  .command("start")
  .description("start the service; settings come from the environment (see 'orderloom config print')")
  .action(() => start(packageJson.version, fail));

const config = program.command("config").description("settings");
config
  .command("print")
  .description("print every setting with its meaning, its default and the value in force")
  .action(() => {
    process.stdout.write(printConfig(loadConfig(process.env)));
  });

const TO = new Option("--to <destination>", "where orders go in").choices(["api", "topics"]).default("api");
const FORMAT = new Option("--format <format>", "of records on the topics").choices(FORMATS).default("json");
interface Destination {
  readonly to: "api" | "topics";
  readonly format: Format;
}

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
    .description(
      "submit and pay made-up orders: through the public API, or as a point-of-sale system does, on the topics",
    )
    .option("--url <url>", "the service", "http://127.0.0.1:3000"),
  100,
)
  .addOption(TO)
  .addOption(FORMAT)
  .action(async ({ every, to, format, ...load }: LoadOptions & { url: string } & Destination) => {
    const options = { ...load, everyMs: every, signal: interruption() };
    if (to === "topics") await runGenerate(options, () => connectToTopics(format, options));
    else await runGenerate(options);
  });

loadOptions(
  program
    .command("demo")
    .description(
      "run made-up orders and compare what came out with what had to; without --url it starts a service of its own. " +
        "The kinds unpaid-cancel, double-payment, partial, overpaid and refunded are in no mix that does not name them",
    )
    .option("--url <url>", "a service that runs already")
    .option("--json", "print one JSON document", false),
  200,
)
  .addOption(TO)
  .addOption(FORMAT)
  .action(async ({ every, url, to, format, ...load }: LoadOptions & { url?: string; json: boolean } & Destination) => {
    const options = { ...load, everyMs: every, signal: interruption() };
    const connect = to === "topics" ? () => connectToTopics(format, options) : undefined;
    if (url !== undefined) await runDemo({ ...options, url, ...reconciliationOf(namedStores(), options) }, connect);
    else if (connect !== undefined) throw needsUrl();
    // A service of our own has the dev inbox, so mails that cannot be counted are an error there.
    else {
      await withTemporaryService((ownUrl, settings) =>
        runDemo({ ...options, url: ownUrl, requiresInbox: true, ...reconciliationOf(settings, options) }),
      );
    }
  });

program
  .command("rebuild")
  .description("make a read model again from the stored events; the service must be stopped")
  .addArgument(
    new Argument(
      "[what]",
      "orders: the orders view; payment-desk: the payment desk; dead-letters: their view, from their topic; publisher: publish every event again under its id",
    )
      .choices(["orders", PAYMENT_DESK, "dead-letters", PUBLISHER])
      .default("orders"),
  )
  .option("--quiet", "no progress", false)
  .action(rebuild);

program
  .command("reconcile")
  .description(
    "compare everything in the stores: offsets, commits, events, views, published events, mails and money; exits with 1 " +
      "when anything is unexplained. It only reads, and may run beside the service",
  )
  .option("--json", "print one JSON document", false)
  .option("--quiet", "no progress", false)
  .action(reconcile);

program
  .command("lag")
  .description("show who has which shard, and how far the workers and everything after them are behind")
  .option("--all", "also the shards that nobody has and that are not behind", false)
  .option("--json", "print one JSON document", false)
  .action(lag);

const deadLetters = program
  .command("dead-letters")
  .description(
    "find, mend and send again what could not be processed. With --url and ORDERLOOM_KEY a running service is asked; " +
      "without, the stores are opened, and on the embedded store the service must be stopped",
  );
const asked = (command: Command): Command =>
  command.option("--url <url>", "a service that runs").option("--json", "print one JSON document", false);
const selecting = (command: Command): Command =>
  asked(command)
    .argument("[ids...]", "such as payments-3-17")
    .option("--code <code>", "all open letters of this code")
    .option("--all", "all open letters", false)
    .option("--reason <text>", "why; it is kept with each letter")
    .option("--quiet", "no progress", false);

asked(deadLetters.command("list").description("count dead letters by their codes, and list the newest"))
  .addOption(new Option("--state <state>", "which letters").choices([...LETTER_STATES, "any"]).default("open"))
  .option("--code <code>", "only letters of this code")
  .option("--limit <letters>", "how many", wholeNumber, 50)
  .option("--cursor <cursor>", "go on where an earlier list ended")
  .action(listDeadLetters);
asked(deadLetters.command("show").description("print a dead letter with its payload and what was done with it"))
  .argument("<id>", "such as payments-3-17")
  .action(showDeadLetter);
selecting(deadLetters.command("redrive").description("send records of dead letters again, as they were or edited"))
  .option("--dry-run", "say what would follow, and send nothing", false)
  .option("--rate <records>", "records per second at most", rateOfRecords, DEFAULT_REDRIVE_PER_S)
  .option("--payload <file>", "send this instead of the payload of one letter; - reads standard input")
  .option("--key <key>", "send this instead of the key of one letter")
  .action(redriveDeadLetters);
selecting(deadLetters.command("drop").description("leave dead letters as they are; nothing is sent")).action(
  dropDeadLetters,
);

const keys = program
  .command("keys")
  .description("the keys of those who work behind the counter; with --url through a running service, as ORDERLOOM_KEY");
const THROUGH_SERVICE = ["--url <url>", "a running service, which ORDERLOOM_KEY has to be good for"] as const;
keys
  .command("create")
  .description("create a key and print it, this once")
  .addOption(
    new Option("--role <role>", "what it allows; each role includes those before it")
      .choices(ROLES)
      .makeOptionMandatory(),
  )
  .requiredOption("--name <name>", "whose key it is", operatorName)
  .option(...THROUGH_SERVICE)
  .option("--json", "print one JSON document", false)
  .action(createKey);
keys
  .command("list")
  .description("list all keys, revoked ones too; never the keys themselves")
  .option(...THROUGH_SERVICE)
  .option("--json", "print one JSON document", false)
  .action(listKeys);
keys
  .command("revoke")
  .description("revoke a key for ever, and end its sessions")
  .argument("<keyId>", "the part of the key after olk_")
  .option(...THROUGH_SERVICE)
  .action(revokeKey);

program
  .command("why")
  .description("say why an order waits: ask a running service, as staff with a key in ORDERLOOM_KEY")
  .argument("<orderId>", "the order")
  .option("--url <url>", "the service", "http://127.0.0.1:3000")
  .option("--json", "print one JSON document", false)
  .action(why);

program
  .command("migrate")
  .description("create or check what the stores and the log need: collections, indexes, topics; start does it, too")
  .action(migrate);

/** Runs something against a service of its own on free ports, whose data is gone afterwards. */
async function withTemporaryService(run: (url: string, settings: Config) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "orderloom-demo-"));
  const settings = loadConfig({
    ...process.env,
    PORT: "0",
    DEV_INBOX_PORT: "0",
    DATA_DIR: dataDir,
    SMTP_URL: undefined,
    // Made-up orders must not get into anybody's topics.
    REDPANDA_BROKERS: undefined,
    MONGODB_URL: undefined,
    SCHEMA_REGISTRY_URL: undefined,
    ROLE: undefined,
  });
  try {
    const service = await startService(settings, createLogger("warn"));
    try {
      await run(service.url, settings);
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** The settings of the stores that the environment names; null where it names none, so that they may be elsewhere. */
function namedStores(): Config | null {
  const settings = loadConfig(process.env);
  return usesEngines(settings) || process.env["DATA_DIR"] !== undefined ? settings : null;
}

/** How a demo compares the stores at its end; nothing where it cannot reach them. */
function reconciliationOf(
  settings: Config | null,
  { quiet }: { quiet: boolean },
): Pick<DemoOptions, "reconcile"> | Record<string, never> {
  if (settings === null) return {};
  return {
    async reconcile() {
      const report = await reconcileInstallation(settings, { quiet });
      const document = reconciliationDocument(report);
      return { unexplained: report.unexplained, text: describeReconciliation(report), document };
    },
  };
}

function needsUrl(): OperationalError {
  const message =
    "--to topics sends to the brokers of a running installation: say with --url which service to compare with.";
  return new OperationalError("invalid_configuration", message, { retryable: false });
}

/** Aborts on Ctrl-C, so that a run ends with what it has. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  process.once("SIGTERM", () => controller.abort());
  return controller.signal;
}

function operatorName(text: string): string {
  if (!isOperatorName(text)) throw new InvalidArgumentError("it must have 1 to 80 printable characters");
  return text;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("it must be a whole number");
  return value;
}

function rateOfRecords(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1_000) throw new InvalidArgumentError("it must be from 1 to 1000");
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

/**
 * `npm run bench`: orders go through the real service, over HTTP and SMTP, each part in a process of its own, and the same
 * run measures what the parts can do alone. With `--engines` it compares the service on its production engines with what is
 * written by hand. Exits with 1 when an order or a mail was lost, repeated or failed.
 */
import { existsSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import { ENGINES_USAGE, parseEngineOptions } from "./engines/options.ts";
import { engineReportOf } from "./engines/report.ts";
import { runEngines } from "./engines/run.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { createProgress } from "./progress.ts";
import { measureRawLimits } from "./raw-limits.ts";
import { type Figures, reportOf } from "./report.ts";
import { isInMemory } from "./service.ts";
import { measureService } from "./service-figures.ts";
import { interruption } from "./stop-reasons.ts";

async function bench(options: BenchOptions): Promise<Figures> {
  const { parts, clients, dataParent } = options;
  const progress = createProgress();
  const interrupted = interruption();
  try {
    const service =
      parts.has("closed") || parts.has("open") ? await measureService(options, progress, interrupted) : null;
    const raw = parts.has("raw")
      ? await measureRawLimits({ clients, dataParent, onStep: progress.step, interrupted })
      : null;
    return { machine: describeMachine(options), service, raw };
  } finally {
    progress.end();
  }
}

function describeMachine({ orders, clients, openOrders, openRatePerS, dataParent, profileDir }: BenchOptions) {
  const [cpu] = cpus();
  const { fastify, xstate, nodemailer, undici } = packageJson.dependencies;
  return {
    hardware: `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    versions: `Node ${process.versions.node}, SQLite ${process.versions.sqlite}, fastify ${fastify}, xstate ${xstate}, nodemailer ${nodemailer}, undici ${undici}`,
    load: `${orders} orders by ${clients} clients; ${openOrders} orders at ${openRatePerS}/s`,
    data: `${dataParent}${isInMemory(dataParent) ? " (IN MEMORY: commits cost nothing here, use --data-parent)" : ""}`,
    ...(profileDir === null ? {} : { profiling: "ON: the service is slower than it is" }),
  };
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(1);
}

/** Runs a kind of bench, prints its report and keeps its figures; resolves to the sentences about what went wrong. */
async function run<Result, Options extends { readonly jsonFile: string | null }>(kind: {
  readonly parse: () => Options;
  readonly usage: string;
  readonly measure: (options: Options) => Promise<Result>;
  readonly report: (figures: Result) => string;
  readonly problems: (figures: Result) => readonly string[];
}): Promise<readonly string[]> {
  let options: Options;
  try {
    options = kind.parse();
  } catch (error) {
    fail(`${(error as Error).message}\n${kind.usage}`);
  }
  const figures = await kind.measure(options).catch((error: Error) => {
    // A plain Error is a sentence for people; any other class is a bug of the bench.
    return fail(error.constructor === Error ? error.message : (error.stack ?? error.message));
  });
  process.stdout.write(kind.report(figures));
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${JSON.stringify(figures, null, 2)}\n`);
  return kind.problems(figures);
}

if (!existsSync("/proc/self/stat")) fail("CPU and memory are read from /proc, which only Linux has");
const args = process.argv.slice(2);
const problems = args.includes("--engines")
  ? await run({
      parse: () =>
        parseEngineOptions(
          args.filter((arg) => arg !== "--engines"),
          process.env,
        ),
      usage: ENGINES_USAGE,
      measure: runEngines,
      report: engineReportOf,
      problems: ({ systems }) => systems.flatMap((system) => system.problems),
    })
  : await run({
      parse: () => parseOptions(args),
      usage: USAGE,
      measure: bench,
      report: reportOf,
      problems: ({ service }) => service?.problems ?? [],
    });
process.exit(problems.length === 0 ? 0 : 1);

/** `npm run bench -- --engines`: the systems one after the other, under the same loads, on the same engines. */
import { cpus, release, totalmem, type } from "node:os";
import packageJson from "../../package.json" with { type: "json" };
import { createProgress } from "../progress.ts";
import { interruption } from "../stop-reasons.ts";
import { type Address, type Engines, openEngines } from "./engines.ts";
import { measureSystem, type SystemFigures } from "./measure-system.ts";
import type { EngineOptions } from "./options.ts";
import type { EngineFigures } from "./report.ts";

export async function runEngines(options: EngineOptions): Promise<EngineFigures> {
  const progress = createProgress();
  const interrupted = interruption();
  const engines = await openEngines(options.brokers, options.mongodbUrl);
  try {
    const systems: SystemFigures[] = [];
    for (const name of options.systems) {
      systems.push(await measureSystem(name, { options, engines, progress, interrupted }));
    }
    return { machine: describe(options, engines), systems };
  } finally {
    progress.end();
    await engines.close();
  }
}

function describe(options: EngineOptions, engines: Engines): EngineFigures["machine"] {
  const { orders, handWrittenOrders, clients, openOrders, openRatePerS, shards, workers, replication } = options;
  const [cpu] = cpus();
  const { fastify, kafkajs, mongodb, nodemailer, undici } = packageJson.dependencies;
  const list = (addresses: readonly Address[]): string =>
    addresses.map(({ host, port }) => `${host}:${port}`).join(", ");
  return {
    hardware: `${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    versions: `Node ${process.versions.node}, kafkajs ${kafkajs}, mongodb ${mongodb}, fastify ${fastify}, nodemailer ${nodemailer}, undici ${undici}`,
    brokers: list(engines.brokers),
    store: `${list(engines.stores)}, says it is version ${engines.storeVersion}`,
    topics: `${shards} partitions, ${replication} replica(s)`,
    processes: workers === 0 ? "one for each system" : `one API and ${workers} worker(s) for each system`,
    load: `${orders} orders (${handWrittenOrders} for the hand-written) by ${clients} clients; ${openOrders} at ${openRatePerS}/s`,
    "hand-written": `${options.partitionsAtOnce} partitions at once, ${options.mailConnections} mail connections`,
    ...(options.profileDir === null ? {} : { profiling: "ON: every system is slower than it is" }),
  };
}

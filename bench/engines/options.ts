/** The command line and environment of `npm run bench -- --engines`. */
import { parseArgs } from "node:util";

export const SYSTEMS = ["each-message", "each-batch", "orderloom"] as const;
export type SystemName = (typeof SYSTEMS)[number];

export interface EngineOptions {
  /** Host and port, with commas between. */
  readonly brokers: string;
  readonly mongodbUrl: string;
  /** In the order in which they are measured. */
  readonly systems: readonly SystemName[];
  readonly orders: number;
  readonly handWrittenOrders: number;
  readonly clients: number;
  readonly warmUpOrders: number;
  /** 0 leaves the open loop out. */
  readonly openOrders: number;
  readonly openRatePerS: number;
  readonly shards: number;
  /** Worker processes beside one API process; 0 for everything in one process. */
  readonly workers: number;
  readonly replication: number;
  /** Partitions that a hand-written consumer works on at the same time. */
  readonly partitionsAtOnce: number;
  readonly mailConnections: number;
  readonly keep: boolean;
  readonly profileDir: string | null;
  readonly jsonFile: string | null;
}

export const ENGINES_USAGE = `REDPANDA_BROKERS=host:port MONGODB_URL=mongodb://... node bench/main.ts --engines [options]
  --systems LIST        each-message,each-batch,orderloom, or some of them in another order
  --orders N            orders of Orderloom's closed loop (5000)
  --hand-written-orders N   orders of the others' closed loops (2000)
  --clients N           clients of the closed loops (64)
  --warm-up N           orders of each system that are not measured (500)
  --open-orders N       orders of the open loops (1000); 0 leaves them out
  --open-rate N         orders per second of the open loops (100)
  --shards N            partitions of each topic (8)
  --workers N           worker processes beside one API process; 0 (default) is one process for everything
  --replication N       replicas of each topic (1)
  --partitions-at-once N    partitions that a hand-written consumer works on at the same time (all of its shards)
  --mail-connections N  mails that each process sends at the same time (16)
  --profile DIR         keep CPU profiles of each system; it slows them down
  --json FILE           also write every figure as JSON
  --keep                leave the topics and databases of the run where they are`;

/** Throws an Error whose message can be shown. */
export function parseEngineOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): EngineOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      systems: { type: "string", default: SYSTEMS.join(",") },
      orders: { type: "string", default: "5000" },
      "hand-written-orders": { type: "string", default: "2000" },
      clients: { type: "string", default: "64" },
      "warm-up": { type: "string", default: "500" },
      "open-orders": { type: "string", default: "1000" },
      "open-rate": { type: "string", default: "100" },
      shards: { type: "string", default: "8" },
      workers: { type: "string", default: "0" },
      replication: { type: "string", default: "1" },
      "partitions-at-once": { type: "string" },
      "mail-connections": { type: "string", default: "16" },
      profile: { type: "string" },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const { REDPANDA_BROKERS: brokers, MONGODB_URL: mongodbUrl } = environment;
  const missing = Object.entries({ REDPANDA_BROKERS: brokers, MONGODB_URL: mongodbUrl }).filter(([, value]) => !value);
  if (!brokers || !mongodbUrl) {
    const names = missing.map(([name]) => name).join(" and ");
    throw new Error(
      `${names} must be set: --engines measures on running engines, for example those of docker-compose.yml`,
    );
  }
  const shards = count("--shards", values.shards, 1, 1_024);
  return {
    brokers,
    mongodbUrl,
    systems: systemsOf(values.systems),
    orders: count("--orders", values.orders, 1, 10_000_000),
    handWrittenOrders: count("--hand-written-orders", values["hand-written-orders"], 1, 10_000_000),
    clients: count("--clients", values.clients, 1, 1_024),
    warmUpOrders: count("--warm-up", values["warm-up"], 0, 1_000_000),
    openOrders: count("--open-orders", values["open-orders"], 0, 1_000_000),
    openRatePerS: count("--open-rate", values["open-rate"], 1, 10_000),
    shards,
    workers: count("--workers", values.workers, 0, 64),
    replication: count("--replication", values.replication, 1, 9),
    partitionsAtOnce: count("--partitions-at-once", values["partitions-at-once"] ?? String(shards), 1, 1_024),
    mailConnections: count("--mail-connections", values["mail-connections"], 1, 64),
    keep: values.keep,
    profileDir: values.profile ?? null,
    jsonFile: values.json ?? null,
  };
}

function systemsOf(list: string): readonly SystemName[] {
  return list.split(",").map((name) => {
    const system = SYSTEMS.find((known) => known === name);
    if (system === undefined) throw new Error(`--systems takes ${SYSTEMS.join(", ")}, and not "${name}"`);
    return system;
  });
}

function count(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new Error(`${name} must be a whole number from ${minimum} to ${maximum}`);
  }
  return value;
}

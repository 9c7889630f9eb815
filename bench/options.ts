/** The command line of the bench. */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

export const PARTS = ["closed", "open", "raw"] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly orders: number;
  readonly clients: number;
  readonly openRatePerS: number;
  readonly openOrders: number;
  readonly parts: ReadonlySet<Part>;
  /** Where the figures go as JSON; null for nowhere. */
  readonly jsonFile: string | null;
  /** Where the service's CPU profiles go; null for none. */
  readonly profileDir: string | null;
  /** The service's data and SQLite's raw limit go into new folders below this one. */
  readonly dataParent: string;
}

export const USAGE = `node bench/main.ts [options]
  --orders N          orders of the closed loop (20000)
  --clients N         clients of the closed loop (64)
  --open-rate N       orders per second of the open loop (100)
  --open-orders N     orders of the open loop (1000)
  --only PART         closed, open or raw; all when left out
  --data-parent DIR   a folder on the disk to measure (${tmpdir()})
  --profile DIR       keep a CPU profile of each thread of the service; it slows the service down
  --json FILE         also write every figure as JSON
  --engines           measure on REDPANDA_BROKERS and MONGODB_URL instead, beside hand-written services`;

/** Throws an Error whose message can be shown. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      orders: { type: "string", default: "20000" },
      clients: { type: "string", default: "64" },
      "open-rate": { type: "string", default: "100" },
      "open-orders": { type: "string", default: "1000" },
      only: { type: "string" },
      "data-parent": { type: "string", default: tmpdir() },
      profile: { type: "string" },
      json: { type: "string" },
    },
  });
  const only = PARTS.find((part) => part === values.only);
  if (values.only !== undefined && only === undefined) throw new Error(`--only must be one of ${PARTS.join(", ")}`);
  return {
    orders: count("--orders", values.orders, 10_000_000),
    clients: count("--clients", values.clients, 1_024),
    openRatePerS: count("--open-rate", values["open-rate"], 10_000),
    openOrders: count("--open-orders", values["open-orders"], 1_000_000),
    parts: new Set(only === undefined ? PARTS : [only]),
    jsonFile: values.json ?? null,
    profileDir: values.profile ?? null,
    dataParent: values["data-parent"],
  };
}

function count(name: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new Error(`${name} must be a whole number from 1 to ${maximum}`);
  }
  return value;
}

/** Puts one system under both loads, watches what it costs, and looks whether it did everything once. */
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpClient, type HttpClient } from "../http-client.ts";
import { type Load, runClosedLoop, runOpenLoop } from "../loops.ts";
import { createJourney, readSkus } from "../order-journey.ts";
import type { Progress } from "../progress.ts";
import { temporaryFolder } from "../service.ts";
import { type LoadTimes, timesOf } from "../service-figures.ts";
import { type Sink, startSink } from "../sink.ts";
import { unlessStopped } from "../stop-reasons.ts";
import { verify } from "../verify.ts";
import { type Backlog, backlogOf } from "./backlog.ts";
import { type Batching, batchingOf, readCounters } from "./batching.ts";
import { type CpuUse, type WatchedProcess, watchCpu } from "./cpu-watch.ts";
import type { Engines, Place } from "./engines.ts";
import { listenerOn } from "./listening-process.ts";
import type { EngineOptions, SystemName } from "./options.ts";
import { type RunningSystem, startSystem } from "./systems.ts";

export interface SystemLoad extends LoadTimes {
  readonly cpu: CpuUse;
  /** Null for a system that does not count. */
  readonly batching: Batching | null;
}

export interface SystemFigures {
  readonly system: SystemName;
  readonly closed: SystemLoad;
  readonly open: (SystemLoad & { readonly backlog: Backlog }) | null;
  readonly repeatedMails: number;
  /** What was lost or went wrong, in sentences. */
  readonly problems: readonly string[];
}

export interface MeasureDeps {
  readonly options: EngineOptions;
  readonly engines: Engines;
  readonly progress: Progress;
  readonly interrupted: Promise<string>;
}

/** Leaves nothing on the engines unless the options say so. */
export async function measureSystem(name: SystemName, deps: MeasureDeps): Promise<SystemFigures> {
  const { options, engines, progress, interrupted } = deps;
  const cleanups: (() => void | Promise<void>)[] = [];
  try {
    if (options.profileDir !== null) mkdirSync(join(options.profileDir, name), { recursive: true });
    const place = engines.place(name);
    if (!options.keep) cleanups.unshift(() => engines.remove(place));
    const folder = temporaryFolder(tmpdir());
    cleanups.unshift(() => folder.remove());
    const sink = await startSink();
    cleanups.unshift(() => sink.stop());
    progress.step(`${name}: starting`);
    const starting = startSystem(name, { options, engines, place, smtpUrl: sink.url, dataDir: folder.path });
    const system = await unlessStopped(starting, [interrupted]);
    cleanups.unshift(() => system.stop());
    const client = createHttpClient(system.url, options.clients);
    cleanups.unshift(() => client.close());
    const loads = runLoads(name, { ...deps, place, system, sink, client });
    return await unlessStopped(loads, [interrupted, system.ended, sink.ended]);
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

interface LoadDeps extends MeasureDeps {
  readonly place: Place;
  readonly system: RunningSystem;
  readonly sink: Sink;
  readonly client: HttpClient;
}

async function runLoads(name: SystemName, deps: LoadDeps): Promise<SystemFigures> {
  const { options, engines, progress, place, system, sink, client } = deps;
  const { clients, warmUpOrders, openOrders, openRatePerS: ratePerS } = options;
  const orders = name === "orderloom" ? options.orders : options.handWrittenOrders;
  const skus = await readSkus(client);
  const journey = (label: string) => createJourney({ client, sink, skus, label });
  const noting = (label: string, total: number) => (done: number) => progress.update(`${name}, ${label}`, done, total);
  const processes = processesOf(engines, system, sink);
  const metricsUrls = name === "orderloom" ? system.urls : [];

  const watched = async <Result extends Load>(load: () => Promise<Result>) => {
    const before = await readCounters(metricsUrls);
    const endWatch = watchCpu(processes);
    const result = await load();
    const cpu = endWatch();
    const after = await readCounters(metricsUrls);
    return { result, cpu, batching: batchingOf(before, after, result.finished.length, place.topicPrefix) };
  };

  const warmUp = await runClosedLoop({
    orders: warmUpOrders,
    clients,
    journey: journey("warm-up"),
    onOrder: noting("warm-up", warmUpOrders),
  });
  const { result: closedLoad, ...closedCost } = await watched(() =>
    runClosedLoop({ orders, clients, journey: journey("closed"), onOrder: noting("closed loop", orders) }),
  );
  const loads: Load[] = [warmUp, closedLoad];
  let open: SystemFigures["open"] = null;
  if (openOrders > 0) {
    const { result: load, ...cost } = await watched(() =>
      runOpenLoop({ orders: openOrders, ratePerS, journey: journey("open"), onOrder: noting("open loop", openOrders) }),
    );
    loads.push(load);
    open = { ...timesOf(load, load.lateMs), ...cost, backlog: backlogOf(load.finished, ratePerS) };
  }
  progress.step(`${name}: verifying`);
  const problems = await verify({ client, sink, loads });
  const closed = { ...timesOf(closedLoad, null), ...closedCost };
  return { system: name, closed, open, problems, repeatedMails: sink.repeatedMails() };
}

function processesOf(engines: Engines, system: RunningSystem, sink: Sink): readonly WatchedProcess[] {
  return [
    ...system.processes,
    ...engines.brokers.map((address) => ({ name: "broker", pid: listenerOn(address), withDescendants: true })),
    ...engines.stores.map((address) => ({ name: "store", pid: listenerOn(address), withDescendants: true })),
    { name: "client", pid: process.pid, withDescendants: false },
    { name: "mail sink", pid: sink.pid, withDescendants: false },
  ];
}

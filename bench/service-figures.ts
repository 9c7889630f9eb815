/** Runs the closed and the open loop against one service and turns what happened into figures. */
import { mkdirSync } from "node:fs";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { type Load, runClosedLoop, runOpenLoop } from "./loops.ts";
import type { BenchOptions } from "./options.ts";
import { createJourney, readSkus } from "./order-journey.ts";
import type { Progress } from "./progress.ts";
import { type MeasuredService, profilesIn, startMeasuredService, temporaryFolder } from "./service.ts";
import { type Sink, startSink } from "./sink.ts";
import { type Percentiles, percentilesOf, sustainedPerS } from "./statistics.ts";
import { unlessStopped } from "./stop-reasons.ts";
import { type Usage, type UsageWatch, watchUsage } from "./usage.ts";
import { verify } from "./verify.ts";

/** Orders before an open loop on a service that has done nothing yet, so that it does not time the compiler. */
const WARM_UP = { orders: 2_000, clients: 16 };

/** How many orders a load brought through, and how long they took. */
export interface LoadTimes {
  readonly orders: number;
  readonly failed: number;
  readonly ordersPerS: number;
  /** The same without the first and the last tenth of the orders. */
  readonly sustainedOrdersPerS: number;
  /** From the start of the first request, intended in the open loop, to the mail's last byte at the sink. */
  readonly toMailMs: Percentiles;
  /** How late the client itself started orders; null in the closed loop, which has no schedule. */
  readonly clientLateMs: Percentiles | null;
}

export interface LoadFigures extends LoadTimes {
  readonly usage: Usage;
}

export interface ServiceFigures {
  readonly closed: LoadFigures | null;
  readonly open: LoadFigures | null;
  readonly repeatedMails: number;
  /** What was lost or went wrong, in sentences. */
  readonly problems: readonly string[];
  readonly profiles: readonly string[];
}

export async function measureService(
  options: BenchOptions,
  progress: Progress,
  interrupted: Promise<string>,
): Promise<ServiceFigures> {
  const { profileDir } = options;
  const cleanups: (() => void | Promise<void>)[] = [];
  try {
    if (profileDir !== null) mkdirSync(profileDir, { recursive: true });
    const folder = temporaryFolder(options.dataParent);
    cleanups.unshift(() => folder.remove());
    const sink = await startSink();
    cleanups.unshift(() => sink.stop());
    const service = await startMeasuredService({ smtpUrl: sink.url, dataDir: folder.path, profileDir });
    cleanups.unshift(() => service.stop());
    const client = createHttpClient(service.url, options.clients);
    cleanups.unshift(() => client.close());

    const loads = runLoads(options, { service, sink, client, progress });
    const figures = await unlessStopped(loads, [interrupted, service.ended, sink.ended]);
    await service.stop();
    return { ...figures, profiles: profileDir === null ? [] : profilesIn(profileDir) };
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

async function runLoads(
  { parts, orders, clients, openOrders, openRatePerS }: BenchOptions,
  processes: { service: MeasuredService; sink: Sink; client: HttpClient; progress: Progress },
): Promise<Omit<ServiceFigures, "profiles">> {
  const { service, sink, client, progress } = processes;
  const skus = await readSkus(client);
  const journey = (label: string) => createJourney({ client, sink, skus, label });
  const watch = () => watchUsage({ servicePid: service.pid, sinkPid: sink.pid });
  const loads: Load[] = [];
  let closed: LoadFigures | null = null;
  let open: LoadFigures | null = null;
  if (parts.has("closed")) {
    const usage = watch();
    const onOrder = noting(usage, progress, "closed loop", orders);
    const load = await runClosedLoop({ orders, clients, journey: journey("closed"), onOrder });
    closed = { ...timesOf(load, null), usage: usage.end() };
    loads.push(load);
  }
  if (parts.has("open")) {
    if (closed === null) loads.push(await runClosedLoop({ ...WARM_UP, journey: journey("warm-up") }));
    const usage = watch();
    const onOrder = noting(usage, progress, "open loop", openOrders);
    const load = await runOpenLoop({ orders: openOrders, ratePerS: openRatePerS, journey: journey("open"), onOrder });
    open = { ...timesOf(load, load.lateMs), usage: usage.end() };
    loads.push(load);
  }
  progress.step("verifying");
  return { closed, open, problems: await verify({ client, sink, loads }), repeatedMails: sink.repeatedMails() };
}

function noting(usage: UsageWatch, progress: Progress, label: string, orders: number): (done: number) => void {
  return (done) => {
    usage.progress(done);
    progress.update(label, done, orders);
  };
}

/** `lateMs` tells how late the client started each order; null in a closed loop. */
export function timesOf(load: Load, lateMs: readonly number[] | null): LoadTimes {
  const { finished, failures, startedAtMs, endedAtMs } = load;
  return {
    orders: finished.length,
    failed: Object.values(failures).reduce((sum, times) => sum + times, 0),
    ordersPerS: (finished.length * 1_000) / (endedAtMs - startedAtMs),
    sustainedOrdersPerS: sustainedPerS(finished.map(({ mailedAtMs }) => mailedAtMs)),
    toMailMs: percentilesOf(finished.map((order) => order.mailedAtMs - order.startedAtMs)),
    clientLateMs: lateMs === null ? null : percentilesOf(lateMs),
  };
}

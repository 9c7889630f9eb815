/**
 * What a load costs: the CPU time of each process and of the service's threads, and the service's memory while the number
 * of finished orders grows.
 */
import { cpus } from "node:os";
import { nowMs } from "./clock.ts";
import { bytesWrittenBy, cpuMsOf, machineCpuMs, memoryOf, threadsOf } from "./proc.ts";
import { slopeOf } from "./statistics.ts";

const SAMPLE_EVERY_MS = 200;
/** What Node calls the threads of `new Worker`. */
const WORKER = "WorkerThread";

export interface Usage {
  readonly serviceCpuMs: number;
  readonly clientCpuMs: number;
  readonly sinkCpuMs: number;
  /** The service's threads that used CPU, the busiest first. The engine's helpers of one name count together. */
  readonly threads: readonly { readonly name: string; readonly cpuMs: number }[];
  readonly serviceBytesWritten: number;
  /**
   * Shares of all cores, from 0 to 1. `elsewhere` is what neither service, client nor sink used, `stolen` what the host gave
   * to other machines.
   */
  readonly machine: {
    readonly cores: number;
    readonly busy: number;
    readonly waitingForDisk: number;
    readonly stolen: number;
    readonly elsewhere: number;
  };
  readonly memory: {
    /** When 10, 50 and 100 % of the orders were done. */
    readonly rssBytesAt: readonly [number, number, number];
    readonly peakRssBytes: number;
    /** How the resident memory grew over the second half of the orders. */
    readonly slopeBytesPerOrder: number;
  };
}

export interface UsageWatch {
  /** Notes how many orders are done. */
  progress(done: number): void;
  /** Ends the watch. Call it while the processes still live. */
  end(): Usage;
}

export function watchUsage(processes: { readonly servicePid: number; readonly sinkPid: number }): UsageWatch {
  const { servicePid, sinkPid } = processes;
  const read = () => ({
    atMs: nowMs(),
    serviceMs: cpuMsOf(servicePid),
    serviceBytesWritten: bytesWrittenBy(servicePid),
    clientMs: cpuMsOf(process.pid),
    sinkMs: cpuMsOf(sinkPid),
    threads: threadsOf(servicePid),
    machine: machineCpuMs(),
  });
  const before = read();
  const samples: { readonly done: number; readonly rssBytes: number }[] = [];
  let done = 0;
  const sample = (): void => {
    samples.push({ done, rssBytes: memoryOf(servicePid).rssBytes });
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);

  return {
    progress(count) {
      done = count;
    },
    end() {
      clearInterval(timer);
      sample();
      const after = read();
      const usedMs = { service: after.serviceMs - before.serviceMs, client: after.clientMs - before.clientMs };
      const sinkCpuMs = after.sinkMs - before.sinkMs;
      const totalMs = after.machine.totalMs - before.machine.totalMs || 1;
      const busyMs = after.machine.busyMs - before.machine.busyMs;
      const rssAt = (share: number): number => samples.find((entry) => entry.done >= done * share)?.rssBytes ?? 0;
      const secondHalf = samples.filter((entry) => entry.done >= done / 2);
      return {
        serviceCpuMs: usedMs.service,
        clientCpuMs: usedMs.client,
        sinkCpuMs,
        threads: threadUse(before.threads, after.threads),
        serviceBytesWritten: after.serviceBytesWritten - before.serviceBytesWritten,
        machine: {
          cores: cpus().length,
          busy: busyMs / totalMs,
          waitingForDisk: (after.machine.waitingForDiskMs - before.machine.waitingForDiskMs) / totalMs,
          stolen: (after.machine.stolenMs - before.machine.stolenMs) / totalMs,
          elsewhere: Math.max(0, busyMs - usedMs.service - usedMs.client - sinkCpuMs) / totalMs,
        },
        memory: {
          rssBytesAt: [rssAt(0.1), rssAt(0.5), rssAt(1)],
          peakRssBytes: memoryOf(servicePid).peakRssBytes,
          slopeBytesPerOrder: slopeOf(secondHalf.map((entry) => ({ x: entry.done, y: entry.rssBytes }))),
        },
      };
    },
  };
}

function threadUse(before: ReturnType<typeof threadsOf>, after: ReturnType<typeof threadsOf>): Usage["threads"] {
  const used = new Map<string, number>();
  for (const [id, { name, cpuMs }] of after) {
    // Our own workers do different things, so each is told apart.
    const shown = name === WORKER ? `${name} ${id}` : name;
    used.set(shown, (used.get(shown) ?? 0) + cpuMs - (before.get(id)?.cpuMs ?? 0));
  }
  return [...used].map(([name, cpuMs]) => ({ name, cpuMs })).toSorted((a, b) => b.cpuMs - a.cpuMs);
}

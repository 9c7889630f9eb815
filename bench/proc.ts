/** What Linux knows of a process and of the machine: CPU time and resident memory, read from /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel shows CPU time in USER_HZ ticks, 100 a second on every architecture that Node runs on. */
const MS_PER_TICK = 10;

/** CPU time (user and system) of all threads of a process, ended ones included. */
export function cpuMsOf(pid: number): number {
  return cpuMsOfStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** CPU time of this process and of those children that have ended. */
export function cpuMsOfSelfAndEnded(): number {
  return cpuMsWithEndedChildren(process.pid) ?? 0;
}

/** CPU time of a process and of those children that have ended; null when it has ended itself. */
export function cpuMsWithEndedChildren(pid: number): number | null {
  const fields = statOf(pid);
  return fields && fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * MS_PER_TICK;
}

/** The process that a process belongs to; null when it has ended. */
export function parentOf(pid: number): number | null {
  const fields = statOf(pid);
  return fields && Number(fields[1]);
}

/** CPU time of each living thread, by thread id. Names are the kernel's, cut at 15 characters. */
export function threadsOf(pid: number): ReadonlyMap<number, { readonly name: string; readonly cpuMs: number }> {
  const threads = new Map<number, { name: string; cpuMs: number }>();
  for (const entry of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${entry}/stat`, "latin1");
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      threads.set(Number(entry), { name: Number(entry) === pid ? "main" : name, cpuMs: cpuMsOfStat(stat) });
    } catch {
      // The thread ended after it was listed.
    }
  }
  return threads;
}

export interface Memory {
  readonly rssBytes: number;
  /** The highest that it ever was. */
  readonly peakRssBytes: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const bytesOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1_024;
  return { rssBytes: bytesOf("VmRSS"), peakRssBytes: bytesOf("VmHWM") };
}

/** How much a process has caused to be written to disks so far, in whole pages. */
export function bytesWrittenBy(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1] ?? 0);
}

/**
 * CPU time of the whole machine, all cores together. What waits for a disk counts as idle, and what a host has given to
 * other machines meanwhile as busy.
 */
export function machineCpuMs(): {
  readonly busyMs: number;
  readonly waitingForDiskMs: number;
  readonly stolenMs: number;
  readonly totalMs: number;
} {
  const [, line = ""] = /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "latin1")) ?? [];
  // user nice system idle iowait irq softirq steal; what follows is part of user and nice.
  const ticks = line.split(" ").slice(0, 8).map(Number);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = ticks;
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return {
    busyMs: (total - idle - waiting) * MS_PER_TICK,
    waitingForDiskMs: waiting * MS_PER_TICK,
    stolenMs: stolen * MS_PER_TICK,
    totalMs: total * MS_PER_TICK,
  };
}

function cpuMsOfStat(stat: string): number {
  const fields = fieldsOf(stat);
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

function statOf(pid: number): readonly string[] | null {
  try {
    return fieldsOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

/** What follows the name, which stands in brackets and may hold blanks; the parent is at 1, utime at 11, then stime, cutime, cstime. */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

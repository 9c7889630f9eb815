/** What a load costs each process that takes part in it, the engines' included. */
import { cpus } from "node:os";
import { cpuMsOf, cpuMsWithEndedChildren, machineCpuMs } from "../proc.ts";
import { processTree } from "./listening-process.ts";

export interface WatchedProcess {
  readonly name: string;
  /** Null when it cannot be seen from here. */
  readonly pid: number | null;
  /** Counts its children, too: a database may have a process for each connection. */
  readonly withDescendants: boolean;
}

export interface CpuUse {
  /** Null for a process that cannot be seen; what it uses on this machine is part of `elsewhere`. */
  readonly processes: readonly { readonly name: string; readonly cpuMs: number | null }[];
  readonly cores: number;
  /** Shares of all cores, from 0 to 1. */
  readonly busy: number;
  readonly elsewhere: number;
  readonly waitingForDisk: number;
  /** What the host gave to other machines. */
  readonly stolen: number;
}

/**
 * Starts to count; the returned function ends it. Call it while the processes still live. Processes of one name count
 * together.
 */
export function watchCpu(processes: readonly WatchedProcess[]): () => CpuUse {
  const read = () => ({ machine: machineCpuMs(), usedMs: processes.map(usedMsOf) });
  const before = read();
  return () => {
    const after = read();
    const used = new Map<string, number | null>();
    for (const [index, { name }] of processes.entries()) {
      const fromMs = before.usedMs[index] ?? null;
      const toMs = after.usedMs[index] ?? null;
      const soFarMs = used.get(name) ?? (used.has(name) ? null : 0);
      used.set(name, fromMs === null || toMs === null || soFarMs === null ? null : soFarMs + toMs - fromMs);
    }
    const totalMs = after.machine.totalMs - before.machine.totalMs || 1;
    const busyMs = after.machine.busyMs - before.machine.busyMs;
    const knownMs = [...used.values()].reduce<number>((sum, cpuMs) => sum + (cpuMs ?? 0), 0);
    return {
      processes: [...used].map(([name, cpuMs]) => ({ name, cpuMs })),
      cores: cpus().length,
      busy: busyMs / totalMs,
      elsewhere: Math.max(0, busyMs - knownMs) / totalMs,
      waitingForDisk: (after.machine.waitingForDiskMs - before.machine.waitingForDiskMs) / totalMs,
      stolen: (after.machine.stolenMs - before.machine.stolenMs) / totalMs,
    };
  };
}

function usedMsOf({ pid, withDescendants }: WatchedProcess): number | null {
  if (pid === null) return null;
  if (!withDescendants) return cpuMsOf(pid);
  return processTree(pid).reduce((sum, member) => sum + (cpuMsWithEndedChildren(member) ?? 0), 0);
}

/**
 * The way from a process to a port's machine and back. Every call takes its time, may fail as planned, and a write is
 * durable and visible only once it is synced: a power loss takes with it what is not. What arrives at the machine
 * happens, whatever becomes of the caller.
 */
import { OperationalError } from "../../../src/actors/errors.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import type { CallName, Machine } from "../scenario/scenario.ts";
import type { CallFaults } from "./call-faults.ts";

export interface Call<Result> {
  readonly name: CallName;
  /** What the machine does. It happens in one moment. */
  readonly effect: () => Promise<Result>;
  /** What the machine does when it fails halfway; absent where it does all or nothing. */
  readonly part?: () => Promise<unknown>;
}

export interface Network {
  read<Result>(caller: Life, machine: Machine, call: Call<Result>): Promise<Result>;
  write<Result>(caller: Life, machine: Machine, call: Call<Result>): Promise<Result>;
  /** A one-way message to a process. */
  notify(receiver: Life, maxDelayMs: number, what: string, callback: () => void): void;
  /** The machine loses what it has not synced. */
  losePower(machine: Machine): void;
  /** Calls back while the next write of this kind is not synced, unless everything heals before. */
  onNextWrite(call: CallName, callback: (machine: Machine) => void): void;
  setDown(machine: Machine, isDown: boolean): void;
  isDown(machine: Machine): boolean;
}

interface Reply<Result> {
  ok(result: Result): void;
  failed(error: Error): void;
}

interface Request<Result> {
  readonly caller: Life;
  readonly machine: Machine;
  readonly call: Call<Result>;
  readonly reply: Reply<Result>;
}

/** A caller gives up on a machine that is down after so long. */
const TIMEOUT_MS = 3_000;

export function createNetwork(deps: {
  readonly kernel: Timeline;
  readonly luck: Luck;
  readonly faults: CallFaults;
  readonly maxLatencyMs: number;
  /** Offsets that are late or come twice have come by then: nobody would take a later one back. */
  readonly healsAtMs: number;
  readonly crash: (process: Life, downMs: number) => void;
}): Network {
  const { kernel, luck, faults, maxLatencyMs, healsAtMs, crash } = deps;
  const unsynced = new Map<Machine, Set<() => void>>();
  const down = new Set<Machine>();
  const traps = new Map<CallName, (machine: Machine) => void>();
  const latencyMs = (what: string, whose: string): number => luck.between(0, maxLatencyMs, what, whose);

  const later = ({ name }: { readonly name: CallName }, delayMs: number, callback: () => void): void => {
    const mostMs = name === "log.commit" ? healsAtMs - kernel.nowMs() : Number.POSITIVE_INFINITY;
    kernel.after(Math.min(delayMs, mostMs), callback);
  };

  /** After a latency; at once where there is none. */
  const soon = (what: string, whose: string, callback: () => void): void => {
    const delayMs = latencyMs(what, whose);
    if (delayMs === 0) callback();
    else kernel.after(delayMs, callback);
  };

  /** Calls the machine; the reply finds its way back unless the caller is gone. */
  const send = <Result>(caller: Life, machine: Machine, call: Call<Result>, isWrite: boolean): Promise<Result> =>
    new Promise((resolve, reject) => {
      const back = (callback: () => void): void =>
        soon(`${call.name} back`, caller.name, () => caller.deliver(callback));
      const reply: Reply<Result> = {
        ok: (result) => back(() => resolve(result)),
        failed: (error) => back(() => reject(error)),
      };
      const delayMs = latencyMs(call.name, caller.name);
      const request: Request<Result> = { caller, machine, call, reply };
      if (isWrite) sync(request, 2 * delayMs);
      else kernel.after(delayMs, () => arrive(request));
    });

  /** A write arrives once it is synced; never when the power goes before. */
  const sync = <Result>(request: Request<Result>, delayMs: number): void => {
    const { machine, call, reply } = request;
    const ofMachine = unsynced.get(machine) ?? new Set();
    unsynced.set(machine, ofMachine);
    const lose = (): void => {
      cancel();
      reply.failed(unknown(call.name));
    };
    const cancel = kernel.after(delayMs, () => {
      ofMachine.delete(lose);
      arrive(request);
    });
    ofMachine.add(lose);
    const trap = traps.get(call.name);
    traps.delete(call.name);
    if (trap === undefined || kernel.nowMs() >= healsAtMs) return;
    kernel.after(luck.between(0, delayMs, "trap", call.name), () => trap(machine));
  };

  const arrive = <Result>({ caller, machine, call, reply }: Request<Result>): void => {
    if (down.has(machine)) {
      kernel.after(luck.between(0, TIMEOUT_MS, "timeout", call.name), () => reply.failed(notDone(call.name)));
      return;
    }
    const fault = faults.ofCall(call.name);
    const { effect } = call;
    const lost: Reply<Result> = { ok: () => reply.failed(unknown(call.name)), failed: reply.failed };
    switch (fault?.mode) {
      case undefined:
        perform(effect, reply);
        break;
      case "before":
        reply.failed(notDone(call.name));
        break;
      case "after":
        perform(effect, lost);
        break;
      case "late":
        later(call, fault.delayMs, () => perform(effect, SILENCE));
        reply.failed(unknown(call.name));
        break;
      case "slow":
        perform(effect, {
          ok: (result) => void kernel.after(fault.delayMs, () => reply.ok(result)),
          failed: (error) => void kernel.after(fault.delayMs, () => reply.failed(error)),
        });
        break;
      case "twice": {
        // Which of the two replies gets through is chance, too.
        const secondCounts = luck.happens(0.5, "second", call.name);
        perform(effect, secondCounts ? SILENCE : reply);
        later(call, fault.delayMs, () => perform(effect, secondCounts ? reply : SILENCE));
        break;
      }
      case "partial":
        perform(call.part ?? effect, SILENCE);
        reply.failed(unknown(call.name));
        break;
      case "crash":
        if (luck.happens(0.5, "done before the crash", call.name)) perform(effect, SILENCE);
        crash(caller, fault.delayMs);
    }
  };

  return {
    read: (caller, machine, call) => send(caller, machine, call, false),
    write: (caller, machine, call) => send(caller, machine, call, true),
    notify: (receiver, maxDelayMs, what, callback) =>
      void kernel.after(luck.between(0, maxDelayMs, what, receiver.name), () => receiver.deliver(callback)),
    losePower(machine) {
      const lost = [...(unsynced.get(machine) ?? [])];
      unsynced.get(machine)?.clear();
      for (const lose of lost) lose();
    },
    onNextWrite: (call, callback) => void traps.set(call, callback),
    setDown: (machine, isDown) => void (isDown ? down.add(machine) : down.delete(machine)),
    isDown: (machine) => down.has(machine),
  };
}

const SILENCE: Reply<unknown> = { ok() {}, failed() {} };

function perform<Result>(work: () => Promise<Result>, reply: Reply<Result>): void {
  work().then(reply.ok, (error: unknown) => reply.failed(error as Error));
}

function notDone(call: CallName): OperationalError {
  const code = call.startsWith("log.") ? "log_unavailable" : "store_unavailable";
  return new OperationalError(code, `${call} was not done`, { retryable: true });
}

function unknown(call: CallName): OperationalError {
  return new OperationalError("outcome_unknown", `whether ${call} was done is not known`, { retryable: true });
}

/**
 * The way from a process to a port's machine and back. Every call takes its time, may fail as planned, and a write is
 * durable and visible only once it is synced: a power loss takes with it what is not. What arrives at the machine
 * happens, whatever becomes of the caller.
 */
import { OperationalError } from "../../../src/actors/errors.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import type { Luck } from "../engine/luck.ts";
import { type CallName, type Machine, READ_CALLS, WRITE_CALLS } from "../scenario/scenario.ts";
import type { CallFault, CallFaults } from "./call-faults.ts";

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

/** A call on its way, and where its answer goes. */
interface Request<Result> {
  readonly caller: Life;
  readonly machine: Machine;
  readonly call: Call<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** A caller gives up on a machine that is down after so long. */
const TIMEOUT_MS = 3_000;
/** The names under which chance knows the ways back. */
const BACK = Object.fromEntries([...READ_CALLS, ...WRITE_CALLS].map((name) => [name, `${name} back`])) as Readonly<
  Record<CallName, string>
>;

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

  /** Calls the machine; the answer finds its way back unless the caller is gone. */
  const send = <Result>(caller: Life, machine: Machine, call: Call<Result>, isWrite: boolean): Promise<Result> =>
    new Promise((resolve, reject) => {
      const delayMs = latencyMs(call.name, caller.name);
      const request: Request<Result> = { caller, machine, call, resolve, reject };
      if (isWrite) sync(request, 2 * delayMs);
      else kernel.after(delayMs, () => arrive(request));
    });

  /** Brings an answer back after a latency; at once where there is none. */
  const bringBack = <Result>({ caller, call }: Request<Result>, settle: () => void): void => {
    const delayMs = latencyMs(BACK[call.name], caller.name);
    if (delayMs === 0) caller.deliver(settle);
    else kernel.after(delayMs, () => caller.deliver(settle));
  };
  const answer = <Result>(request: Request<Result>, result: Result): void =>
    bringBack(request, () => request.resolve(result));
  const refuse = <Result>(request: Request<Result>, error: unknown): void =>
    bringBack(request, () => request.reject(error));

  /** Does the work of a call, and answers with what comes of it. */
  const perform = <Result>(request: Request<Result>): void => {
    request.call.effect().then(
      (result) => answer(request, result),
      (error: unknown) => refuse(request, error),
    );
  };

  /** A write arrives once it is synced; never when the power goes before. */
  const sync = <Result>(request: Request<Result>, delayMs: number): void => {
    const { machine, call } = request;
    const ofMachine = unsynced.get(machine) ?? new Set();
    unsynced.set(machine, ofMachine);
    const lose = (): void => {
      cancel();
      refuse(request, unknown(call.name));
    };
    const cancel = kernel.after(delayMs, () => {
      ofMachine.delete(lose);
      arrive(request);
    });
    ofMachine.add(lose);
    const trap = traps.get(call.name);
    if (trap === undefined) return;
    traps.delete(call.name);
    if (kernel.nowMs() < healsAtMs) kernel.after(luck.between(0, delayMs, "trap", call.name), () => trap(machine));
  };

  const arrive = <Result>(request: Request<Result>): void => {
    const { call, machine } = request;
    if (down.has(machine)) {
      kernel.after(luck.between(0, TIMEOUT_MS, "timeout", call.name), () => refuse(request, notDone(call.name)));
      return;
    }
    const fault = faults.ofCall(call.name);
    if (fault === null) perform(request);
    else goWrong(request, fault);
  };

  const goWrong = <Result>(request: Request<Result>, { mode, delayMs }: CallFault): void => {
    const { caller, call } = request;
    const { effect } = call;
    switch (mode) {
      case "before":
        refuse(request, notDone(call.name));
        break;
      case "after":
        effect().then(
          () => refuse(request, unknown(call.name)),
          (error: unknown) => refuse(request, error),
        );
        break;
      case "late":
        later(call, delayMs, () => unheard(effect));
        refuse(request, unknown(call.name));
        break;
      case "slow":
        effect().then(
          (result) => void kernel.after(delayMs, () => answer(request, result)),
          (error: unknown) => void kernel.after(delayMs, () => refuse(request, error)),
        );
        break;
      case "twice": {
        // Which of the two answers gets through is chance, too.
        const secondCounts = luck.happens(0.5, "second", call.name);
        if (secondCounts) unheard(effect);
        else perform(request);
        later(call, delayMs, () => (secondCounts ? perform(request) : unheard(effect)));
        break;
      }
      case "partial":
        unheard(call.part ?? effect);
        refuse(request, unknown(call.name));
        break;
      case "crash":
        if (luck.happens(0.5, "done before the crash", call.name)) unheard(effect);
        crash(caller, delayMs);
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

/** Work whose answer reaches nobody. */
function unheard(work: () => Promise<unknown>): void {
  work().catch(() => {});
}

function notDone(call: CallName): OperationalError {
  const code = call.startsWith("log.") ? "log_unavailable" : "store_unavailable";
  return new OperationalError(code, `${call} was not done`, { retryable: true });
}

function unknown(call: CallName): OperationalError {
  return new OperationalError("outcome_unknown", `whether ${call} was done is not known`, { retryable: true });
}

/** Hands out the planned failures of single calls: each goes to the first call of its kind from its time on. */
import type { Coverage } from "../engine/coverage.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Fault } from "../scenario/scenario.ts";

export type CallFault = Extract<Fault, { type: "call" }>;
export type MailFault = Extract<Fault, { type: "mail" }>;

export interface CallFaults {
  /** The failure of a call that is made now; null when it goes well. */
  ofCall(call: CallFault["call"]): CallFault | null;
  ofMail(): MailFault | null;
  /** Nothing goes wrong from now on. */
  heal(): void;
}

export function createCallFaults(deps: {
  readonly faults: readonly Fault[];
  readonly startMs: number;
  readonly kernel: Pick<Timeline, "nowMs">;
  readonly coverage: Coverage;
}): CallFaults {
  const { faults, startMs, kernel, coverage } = deps;
  const inTime = faults.toSorted((a, b) => a.atMs - b.atMs);
  const ofCalls = Map.groupBy(
    inTime.filter((fault) => fault.type === "call"),
    ({ call }) => call,
  );
  const ofMails = inTime.filter((fault) => fault.type === "mail");
  let healed = false;

  const take = <F extends CallFault | MailFault>(planned: F[] | undefined): F | null => {
    if (healed || planned === undefined || planned[0] === undefined) return null;
    if (startMs + planned[0].atMs > kernel.nowMs()) return null;
    return planned.shift() ?? null;
  };
  return {
    ofCall(call) {
      const fault = take(ofCalls.get(call));
      if (fault !== null) coverage.hit(`fault ${call} ${fault.mode}`);
      return fault;
    },
    ofMail() {
      const fault = take(ofMails);
      if (fault !== null) coverage.hit(`fault mail ${fault.mode}`);
      return fault;
    },
    heal() {
      healed = true;
    },
  };
}

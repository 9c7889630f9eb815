/** The audit as a map of acts by their ids. */
import type { ActLog, OperatorAct } from "../../../src/actors/operators.ts";

export function createMemoryActLog(): ActLog {
  const acts = new Map<string, OperatorAct>();
  return {
    async append(act) {
      if (!acts.has(act.actId)) acts.set(act.actId, structuredClone(act));
    },
    async list({ limit, target, beforeActId }) {
      const asked = [...acts.values()].filter(
        (act) =>
          (target === undefined || act.target === target) && (beforeActId === undefined || act.actId < beforeActId),
      );
      return asked.toSorted((a, b) => (a.actId < b.actId ? 1 : -1)).slice(0, limit);
    },
  };
}

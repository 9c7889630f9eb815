/** Lets a port fail on demand: before it did anything, or after it did everything and only the reply was lost. */
import { OperationalError } from "../../../src/actors/errors.ts";

export interface Faults<Port> {
  readonly port: Port;
  /** Makes the next `times` calls of a method fail. */
  fail(method: keyof Port & string, when: "before" | "after", times?: number): void;
  /** How often a method was called, failed calls included. */
  calls(method: keyof Port & string): number;
}

type AnyMethod = (...parameters: readonly unknown[]) => unknown;

export function withFaults<Port extends object>(target: Port): Faults<Port> {
  const planned: { method: string; when: "before" | "after" }[] = [];
  const called = new Map<string, number>();

  const callOf = (method: string, original: AnyMethod): AnyMethod => {
    return async (...parameters) => {
      called.set(method, (called.get(method) ?? 0) + 1);
      const index = planned.findIndex((fault) => fault.method === method);
      const [fault] = index < 0 ? [] : planned.splice(index, 1);
      if (fault?.when === "before") throw unavailable(method);
      const result = await original(...parameters);
      if (fault?.when === "after") throw unavailable(method);
      return result;
    };
  };

  const port = Object.fromEntries(
    Object.entries(target).map(([name, value]) => [name, callOf(name, value as AnyMethod)]),
  ) as Port;
  return {
    port,
    fail(method, when, times = 1) {
      for (let i = 0; i < times; i++) planned.push({ method, when });
    },
    calls: (method) => called.get(method) ?? 0,
  };
}

function unavailable(method: string): OperationalError {
  return new OperationalError("store_unavailable", `a test lets ${method} fail`, { retryable: true });
}

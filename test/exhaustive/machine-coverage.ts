/** Counts which transitions of the order machine were taken, and how often each of their guards said yes and no. */
import { orderMachine } from "../../src/actors/order-machine.ts";
import type { OrderEvent } from "../../src/domain/events.ts";
import type { Order } from "../../src/domain/order.ts";
import type { MachineSnapshot } from "./explore.ts";

type Guard = (args: { readonly context: Order; readonly event: OrderEvent }, params: undefined) => boolean;
type Definition = ReturnType<typeof orderMachine.getTransitionData>[number];

export interface MachineCoverage {
  /** An event of a commit: the transitions that it takes, and the guards that are asked on the way. */
  took(snapshot: MachineSnapshot, event: OrderEvent): void;
  /** An event that may be refused: only the guards are asked. */
  asked(snapshot: MachineSnapshot, event: OrderEvent): void;
  /** How many transitions the machine has, and answers its guards can give. */
  readonly all: number;
  /** Transitions that no event took, and answers that no guard gave. */
  missing(): readonly string[];
}

const GUARDS = orderMachine.implementations.guards as unknown as Readonly<Record<string, Guard>>;
const REGIONS = ["lifecycle", "money"] as const;

export function createMachineCoverage(): MachineCoverage {
  const names = new Map<Definition, string>();
  const counts = new Map<string, number>();
  for (const region of REGIONS) {
    for (const state of Object.values(statesOf(region))) {
      for (const definition of [...state.transitions.values()].flat()) {
        const name = nameOf(region, definition);
        names.set(definition, name);
        counts.set(name, 0);
        if (definition.guard !== undefined) for (const answer of ["yes", "no"]) counts.set(`${name}: ${answer}`, 0);
      }
    }
  }
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

  /** Candidates whose guards have given both answers: there is nothing more to learn from them. */
  const answered = new Set<readonly Definition[]>();
  const hasAnswered = (definition: Definition): boolean =>
    definition.guard === undefined ||
    ["yes", "no"].every((answer) => (counts.get(`${names.get(definition)}: ${answer}`) ?? 0) > 0);

  const ask = ({ value, context }: MachineSnapshot, event: OrderEvent): void => {
    for (const region of REGIONS) {
      const candidates = statesOf(region)[value[region]]?.transitions.get(event.type) ?? [];
      if (answered.has(candidates)) continue;
      for (const definition of candidates) {
        if (definition.guard === undefined) break;
        const answer = guardOf(definition)({ context, event }, undefined);
        count(`${names.get(definition)}: ${answer ? "yes" : "no"}`);
        // The machine asks no further once a transition may be taken.
        if (answer) break;
      }
      if (candidates.every(hasAnswered)) answered.add(candidates);
    }
  };

  return {
    took(snapshot, event) {
      for (const definition of orderMachine.getTransitionData(snapshot, event)) count(names.get(definition) ?? "");
      ask(snapshot, event);
    },
    asked: ask,
    all: counts.size,
    missing: () => [...counts].filter(([, times]) => times === 0).map(([name]) => name),
  };
}

function statesOf(region: (typeof REGIONS)[number]) {
  return orderMachine.root.states[region]?.states ?? {};
}

function nameOf(region: string, { source, eventType, guard, target }: Definition): string {
  const condition = typeof guard === "string" ? ` when ${guard}` : "";
  return `${region}: ${source.key} to ${target?.[0]?.key ?? source.key} by ${eventType}${condition}`;
}

function guardOf({ guard }: Definition): Guard {
  const found = typeof guard === "string" ? GUARDS[guard] : undefined;
  if (found === undefined) throw new Error("the order machine has a guard without a name");
  return found;
}

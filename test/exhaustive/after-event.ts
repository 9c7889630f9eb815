/**
 * The machine after an event, as `transition` of XState tells it. That makes an actor for every call, which costs more than
 * the transition; here all share one that does nothing. The machine has no effects: it only folds.
 */
import { createActor, type EventFrom, type SnapshotFrom } from "xstate";
import { orderMachine } from "../../src/actors/order-machine.ts";

type MachineSnapshot = SnapshotFrom<typeof orderMachine>;
type Scope = Parameters<typeof orderMachine.transition>[2];

const inert = createActor(orderMachine);
const nothing = (): void => {};
const SCOPE = {
  self: inert,
  system: inert.system,
  id: "inert",
  sessionId: "inert",
  logger: nothing,
  defer: nothing,
  emit: nothing,
  stopChild: nothing,
  actionExecutor: nothing,
} as unknown as Scope;

export function afterEvent(snapshot: MachineSnapshot, event: EventFrom<typeof orderMachine>): MachineSnapshot {
  return orderMachine.transition(snapshot, event, SCOPE);
}

/**
 * One live order: the state machine, fed with the order's stored events, and the causes that already took
 * effect. A live order and a replayed one are the same, because both see nothing but events.
 */
import { createActor } from "xstate";
import { type Decision, decide, type Terms } from "../domain/decide.ts";
import type { OrderEvent } from "../domain/events.ts";
import { causeOf, type Message } from "../domain/messages.ts";
import type { Order, OrderStatus } from "../domain/order.ts";
import { orderMachine } from "./order-machine.ts";
import type { Commit } from "./ports.ts";

export interface OrderActor {
  /** The state now. */
  order(): Order;
  /** When the order came into its status, as an ISO 8601 instant; null before the first commit. */
  statusSince(): string | null;
  /** What follows from a message. A cause that already took effect gives nothing. Changes nothing. */
  decide(message: Message, terms: Terms): Decision;
  /**
   * Takes the events of a commit.
   * @throws Error when the machine does not allow one of them: a defect in `decide` or in stored data.
   */
  record(commit: Pick<Commit, "events" | "causeId" | "recordedAt">): void;
}

/** Brings an order to life by replaying its commits, oldest first. */
export function createOrderActor(commits: readonly Commit[]): OrderActor {
  const actor = createActor(orderMachine);
  // Without an observer XState would report a failure later, from a timer; `take` looks at once instead.
  actor.subscribe({ error: () => {} });
  actor.start();
  const causes = new Set<string>();
  let statusSince: string | null = null;

  const take = (event: OrderEvent): void => {
    const before = actor.getSnapshot();
    if (!before.can(event)) {
      throw new Error(`${event.type} is not allowed for an order in state ${JSON.stringify(before.value)}`);
    }
    actor.send(event);
    const after = actor.getSnapshot();
    if (after.status === "error") throw after.error;
  };

  const live: OrderActor = {
    order: () => actor.getSnapshot().context,
    statusSince: () => statusSince,
    decide(message, terms) {
      const decision = decide(live.order(), message, terms);
      return decision.type === "events" && causes.has(causeOf(message)) ? { type: "nothing" } : decision;
    },
    record({ events, causeId, recordedAt }) {
      const statusBefore: OrderStatus = live.order().status;
      for (const event of events) take(event);
      causes.add(causeId);
      if (statusSince === null || live.order().status !== statusBefore) statusSince = recordedAt;
    },
  };
  for (const commit of commits) live.record(commit);
  return live;
}

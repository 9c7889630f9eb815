/**
 * One live order: the state machine, fed with the order's stored events, and the causes that already took
 * effect. A live order and a replayed one are the same, because both see nothing but events.
 */
import { createActor } from "xstate";
import { decide, type Terms } from "../domain/decide.ts";
import type { Decision } from "../domain/decision.ts";
import type { OrderEvent } from "../domain/events.ts";
import { causeOf, type Message } from "../domain/messages.ts";
import type { Order, OrderStatus } from "../domain/order.ts";
import { orderMachine } from "./order-machine.ts";
import type { Commit } from "./ports.ts";

export interface OrderActor {
  /** The state now. */
  order(): Order;
  /** What follows from a message. A cause that already took effect gives nothing. Changes nothing. */
  decide(message: Message, terms: Terms): Decision;
  /**
   * Takes the events of a commit.
   * @returns the statuses the order came into, with how long it was in the one before.
   * @throws Error when the machine does not allow one of them: a defect in `decide` or in stored data.
   */
  record(commit: Pick<Commit, "events" | "causeId" | "recordedAt">): readonly Move[];
}

/** An order came into a status. `previous` and `durationS` are null for its first. */
export interface Move {
  readonly status: OrderStatus;
  readonly previous: OrderStatus | null;
  readonly durationS: number | null;
}

/** Brings an order to life by replaying its commits, oldest first. */
export function createOrderActor(commits: readonly Commit[]): OrderActor {
  const actor = createActor(orderMachine);
  // Without an observer XState would report a failure later, from a timer; `take` looks at once instead.
  actor.subscribe({ error: () => {} });
  actor.start();
  const causes = new Set<string>();
  let statusSinceMs: number | null = null;

  const take = (event: OrderEvent): void => {
    const before = actor.getSnapshot();
    actor.send(event);
    const after = actor.getSnapshot();
    if (after.status === "error") throw after.error;
    // XState ignores an event that no transition takes; every transition folds, and folding counts the event.
    if (after.context.version === before.context.version + 1) return;
    throw new Error(`${event.type} is not allowed for an order in state ${JSON.stringify(before.value)}`);
  };

  const live: OrderActor = {
    order: () => actor.getSnapshot().context,
    decide(message, terms) {
      const decision = decide(live.order(), message, terms);
      if (decision.type !== "events") return decision;
      return causes.has(decision.causeId ?? causeOf(message)) ? { type: "nothing" } : decision;
    },
    record({ events, causeId, recordedAt }) {
      const moves: Move[] = [];
      for (const event of events) {
        const { status: previous } = live.order();
        take(event);
        const { status } = live.order();
        if (statusSinceMs !== null && status === previous) continue;
        const nowMs = Date.parse(recordedAt);
        moves.push({
          status,
          previous: statusSinceMs === null ? null : previous,
          durationS: statusSinceMs === null ? null : (nowMs - statusSinceMs) / 1_000,
        });
        statusSinceMs = nowMs;
      }
      causes.add(causeId);
      return moves;
    },
  };
  for (const commit of commits) live.record(commit);
  return live;
}

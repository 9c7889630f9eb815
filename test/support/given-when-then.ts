/**
 * Rules of an order as sentences: given these events, when this message comes, then these events follow, or
 * nothing, or a refusal. The order actor judges too: what is given must be a legal life, and so must what follows.
 */
import { expect } from "vitest";
import { createOrderActor, type OrderActor } from "../../src/actors/order-actor.ts";
import { decide, type Terms } from "../../src/domain/decide.ts";
import type { Decision } from "../../src/domain/decision.ts";
import type { ErrorCode } from "../../src/domain/error-codes.ts";
import type { OrderEvent } from "../../src/domain/events.ts";
import type { Message } from "../../src/domain/messages.ts";
import type { Order } from "../../src/domain/order.ts";
import { TERMS } from "./order-messages.ts";

export interface When {
  /** These events follow and the machine allows them; returns the order after them. */
  thenEvents(...events: readonly OrderEvent[]): Order;
  /** The same for events that are stored under another cause than the message's own. */
  thenEventsBecauseOf(causeId: string, ...events: readonly OrderEvent[]): Order;
  thenNothing(): void;
  thenRefused(code: ErrorCode): void;
}

export interface Given {
  when(message: Message, terms?: Terms): When;
  /** The order as it is given. */
  order(): Order;
}

export function given(...events: readonly OrderEvent[]): Given {
  const actor = createOrderActor([]);
  record(actor, events);
  return {
    when: (message, terms = TERMS) => judge(actor, decide(actor.order(), message, terms)),
    order: () => actor.order(),
  };
}

function judge(actor: OrderActor, decision: Decision): When {
  return {
    thenEvents(...events) {
      expect(decision).toEqual({ type: "events", events });
      record(actor, events);
      return actor.order();
    },
    thenEventsBecauseOf(causeId, ...events) {
      expect(decision).toEqual({ type: "events", events, causeId });
      record(actor, events);
      return actor.order();
    },
    thenNothing: () => expect(decision).toEqual({ type: "nothing" }),
    thenRefused: (code) => expect(decision).toMatchObject({ type: "refusal", code }),
  };
}

function record(actor: OrderActor, events: readonly OrderEvent[]): void {
  actor.record({ events, causeId: "given", recordedAt: "2026-01-05T12:00:00.000Z" });
}

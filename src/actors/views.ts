/** The read models: what each is for, and by which of its fields it can be found. */
import type { OrderView } from "./order-view.ts";
import type { ViewDefinition, ViewDocument, ViewVersion } from "./ports.ts";

/** Orders as people list them. Rebuilt from the shard logs at will, so it has versions. */
export const ORDERS_VIEW: ViewDefinition = {
  name: "orders",
  fields: { status: "text", customerEmail: "text", listedAtMs: "integer" },
  indexes: [["listedAtMs"], ["status", "listedAtMs"], ["customerEmail", "listedAtMs"]],
};

/** Deadlines that wait for their time. Every shard log rebuilds it, too; there is one version. */
export const TIMERS_VIEW: ViewDefinition = {
  name: "timers",
  fields: { dueAtMs: "integer" },
  indexes: [["dueAtMs"]],
};
export const TIMERS: ViewVersion = { view: TIMERS_VIEW.name, version: 1 };

/** Which fact each webhook told, found by its id. Every shard log rebuilds it, too. */
export const WEBHOOKS_VIEW: ViewDefinition = { name: "webhooks", fields: {}, indexes: [] };
export const WEBHOOKS: ViewVersion = { view: WEBHOOKS_VIEW.name, version: 1 };

/** Payments that a person must look at, or had to. Every shard log rebuilds it, too; `DeskPayment` is a document. */
export const DESK_VIEW: ViewDefinition = {
  name: "payment-desk",
  fields: { state: "text", kind: "text", lookAtMs: "integer" },
  indexes: [
    ["state", "lookAtMs"],
    ["state", "kind", "lookAtMs"],
  ],
};
export const DESK: ViewVersion = { view: DESK_VIEW.name, version: 1 };

/** At which order each payment id counts, found by that id. The first order stays, so it is kept when the desk is rebuilt. */
export const PAYMENT_PLACES_VIEW: ViewDefinition = { name: "payment-places", fields: {}, indexes: [] };
export const PAYMENT_PLACES: ViewVersion = { view: PAYMENT_PLACES_VIEW.name, version: 1 };

/**
 * A document of the orders view. It is sorted by when its first event was recorded: unlike the times
 * that people see, this one never changes, so a page's end stays where it is.
 */
export interface OrderDocument {
  readonly order: OrderView;
  readonly status: string;
  readonly customerEmail: string;
  readonly listedAtMs: number;
}

export interface TimerDocument {
  readonly orderId: string;
  readonly shard: number;
  readonly dueAtMs: number;
  /** ISO 8601 instant in UTC. */
  readonly deadline: string;
}

export interface PaymentPlaceDocument {
  readonly orderId: string;
}

export interface WebhookDocument {
  readonly orderId: string;
  /** The cause that its payment or refund has, such as `payment:pay_5f2c9d`. */
  readonly causeId: string;
}

/** The document of an order; an order that nobody submitted yet has no e-mail address to be found by. */
export function orderDocument(order: OrderView, listedAtMs: number): OrderDocument & ViewDocument {
  return { order, status: order.status, customerEmail: order.customer?.email.toLowerCase() ?? "", listedAtMs };
}

/** What the service says about why an order waits. */
import { type Answer, send } from "./client.ts";

export interface OrderWhy {
  readonly orderId: string;
  readonly waits: boolean;
  readonly headline: string;
  readonly reasons: readonly string[];
}

export function getWhy(orderId: string, signal?: AbortSignal): Promise<Answer<OrderWhy>> {
  return send(`/orders/${encodeURIComponent(orderId)}/why`, { headers: { Accept: "application/json" } }, signal);
}

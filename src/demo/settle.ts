/** Waits until the service has done with every order, for as long as it gets anything done at all. */
import { setTimeout as pause } from "node:timers/promises";
import type { OrderStatus } from "../domain/order.ts";
import type { ApiClient } from "./api-client.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";

/** How long one look at an order waits: short, so that an order that is stuck does not hold up the look at others. */
const LOOK_S = 2;
const PAUSE_BETWEEN_ROUNDS_MS = 100;
const FINAL: ReadonlySet<string> = new Set<OrderStatus>(["emailed", "rejected", "expired", "cancelled"]);

export interface AwaitedOrder {
  readonly orderId: string;
  readonly until: OrderStatus;
  /** How many events it has at least: some come after its end. */
  readonly version: number;
}

export interface SettleOptions {
  readonly client: Pick<ApiClient, "order">;
  readonly orders: readonly AwaitedOrder[];
  readonly concurrency: number;
  /** Gives up when no order has become final for this long. */
  readonly quietMs: number;
  /** Aborted: gives up. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (settled: number) => void;
}

/** Returns how many orders are not final in the end. */
export async function settle(options: SettleOptions): Promise<number> {
  const { client, orders, concurrency, quietMs, signal, onProgress } = options;
  let waiting = orders;
  let settled = 0;
  let lastProgressMs = performance.now();
  const isOver = (): boolean => signal?.aborted === true || performance.now() - lastProgressMs > quietMs;
  while (waiting.length > 0 && !isOver()) {
    const stillWaiting: AwaitedOrder[] = [];
    await forEachConcurrently(waiting, concurrency, async (order) => {
      const found = isOver() ? null : await client.order(order.orderId, { until: order.until, waitS: LOOK_S });
      const isThere = found !== null && (FINAL.has(found.status) || found.status === order.until);
      const isDone = isThere && found.version >= order.version;
      if (!isDone) {
        stillWaiting.push(order);
        return;
      }
      lastProgressMs = performance.now();
      settled += 1;
      onProgress(settled);
    });
    waiting = stillWaiting;
    if (waiting.length > 0) await pause(PAUSE_BETWEEN_ROUNDS_MS);
  }
  return waiting.length;
}

/** Compares orders page by page with all that follows from them; those that look wrong are read and compared once more. */
import type { Order } from "../domain/order.ts";
import { type Discrepancy, identityOf } from "./discrepancy.ts";
import type { Clock, EventStore } from "./ports.ts";
import type { DeskChecks } from "./reconcile-desk.ts";
import type { MailChecks } from "./reconcile-mails.ts";
import { checkOrder, type StoredOrder } from "./reconcile-order.ts";
import type { TransferChecks } from "./reconcile-transfers.ts";
import type { ViewChecks } from "./reconcile-views.ts";
import { createWakeUp } from "./retry.ts";

/** So long after what looked wrong is looked at again: a running service may just have been writing it. */
const SECOND_LOOK_MS = 500;
/** More are counted, and not listed. */
export const MAX_LISTED = 10_000;

export function createOrderChecks(deps: {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly clock: Clock;
  readonly shards: number;
  readonly views: ViewChecks;
  readonly mails: MailChecks;
  readonly desk: DeskChecks;
  readonly transfers: TransferChecks;
  readonly onOrder: (order: Order) => void;
  readonly list: { add(discrepancy: Discrepancy): void };
}) {
  const { eventStore, clock, shards, views, mails, desk, transfers, onOrder, list } = deps;
  const pause = createWakeUp(clock);
  const held: Noted = { count: 0, ids: [] };
  const maybeTwice: Noted = { count: 0, ids: [] };
  let open = 0;
  let onTheWay = 0;
  let count = 0;

  const read = async (shard: number, orderIds: readonly string[]): Promise<StoredOrder[]> =>
    [...(await eventStore.readOrders(shard, orderIds))].map(([orderId, commits]) => ({ orderId, shard, commits }));

  const compare = async (orders: readonly StoredOrder[], isFirst: boolean) => {
    const checked = orders.map((order) => checkOrder(order, shards));
    // What an order shows of its money cannot be told where that is beyond reckoning.
    const sound = orders.filter((_, index) => checked[index]?.order !== null);
    const [inViews, inMails] = [await views.compare(sound, isFirst), await mails.compare(orders, isFirst)];
    const [onDesk, given] = [await desk.compare(sound, isFirst), await transfers.compare(orders)];
    const found = [...checked.flatMap((one) => one.found), ...inViews, ...onDesk, ...given.found, ...inMails.found];
    return { checked, found, inMails, given };
  };

  return {
    async check(shard: number, orderIds: readonly string[]): Promise<readonly StoredOrder[]> {
      if (orderIds.length === 0) return [];
      const orders = await read(shard, orderIds);
      const first = await compare(orders, true);
      for (const { order } of first.checked) if (order !== null) onOrder(order);
      count += orders.length;
      open += first.inMails.open;
      onTheWay += first.given.onTheWay;
      note(held, first.inMails.held);
      note(maybeTwice, first.inMails.maybeTwice);
      if (first.found.length === 0) return orders;
      await pause.wait(SECOND_LOOK_MS);
      const suspects = [...new Set(first.found.map(({ orderId }) => orderId ?? ""))];
      const second = await compare(await read(shard, suspects), false);
      const before = new Set(first.found.map(identityOf));
      for (const discrepancy of second.found) if (before.has(identityOf(discrepancy))) list.add(discrepancy);
      return orders;
    },
    count: () => count,
    mails: () => ({ held, maybeTwice, open }),
    /** How many payments one order has given and another one has yet to get. */
    onTheWay: () => onTheWay,
  };
}

/** Things of a kind, the first of them by their ids. */
export interface Noted {
  count: number;
  readonly ids: string[];
}

export function note(kept: Noted, ids: readonly string[]): void {
  kept.count += ids.length;
  kept.ids.push(...ids.slice(0, Math.max(0, MAX_LISTED - kept.ids.length)));
}

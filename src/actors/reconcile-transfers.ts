/**
 * Compares the money that orders gave to each other: what left one order arrived at the other as it was given, and nothing
 * arrived that nobody gave. It is on its way, and not lost, while the reactor that carries it or the topic that it waits
 * in is behind. Each order's counterparts are looked up in batches, in whatever shard they are.
 */
import type { PaymentMoved, PaymentReceived } from "../domain/events.ts";
import { formatMoney } from "../domain/money.ts";
import type { Discrepancy } from "./discrepancy.ts";
import type { EventStore } from "./ports.ts";
import type { StoredOrder } from "./reconcile-order.ts";
import { shardOf } from "./sharding.ts";

const BATCH_ORDERS = 500;

export interface TransferChecks {
  /** Compares what these orders gave and took; `onTheWay` is how many payments have yet to arrive. */
  compare(
    orders: readonly StoredOrder[],
  ): Promise<{ readonly found: readonly Discrepancy[]; readonly onTheWay: number }>;
}

interface Gift {
  readonly giver: StoredOrder;
  readonly position: number;
  readonly data: PaymentMoved["data"];
}

interface Arrival {
  readonly taker: StoredOrder;
  readonly data: PaymentReceived["data"] & Required<Pick<PaymentReceived["data"], "movedFrom">>;
}

/**
 * @param carried how far the payment desk had come in each shard before anything else was read.
 * @param unreadCommands how many records of order-commands waited in each shard, as asked for after that.
 */
export function createTransferChecks(deps: {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly carried: ReadonlyMap<number, number>;
  readonly unreadCommands: ReadonlyMap<number, number>;
  readonly shards: number;
}): TransferChecks {
  const { eventStore, carried, unreadCommands, shards } = deps;

  /** Hands over each item with the commits of its counterpart, and keeps no more of them than those of a batch. */
  const withCounterparts = async <Item>(
    items: readonly Item[],
    counterpartOf: (item: Item) => string,
    take: (item: Item, counterpart: StoredOrder) => void,
  ): Promise<void> => {
    for (const [shard, ofShard] of Map.groupBy(items, (item) => shardOf(counterpartOf(item), shards))) {
      for (let from = 0; from < ofShard.length; from += BATCH_ORDERS) {
        const batch = ofShard.slice(from, from + BATCH_ORDERS);
        const stored = await eventStore.readOrders(shard, [...new Set(batch.map(counterpartOf))]);
        for (const item of batch) {
          const orderId = counterpartOf(item);
          take(item, { orderId, shard, commits: stored.get(orderId) ?? [] });
        }
      }
    }
  };

  const isOnTheWay = ({ giver, position }: Gift, taker: StoredOrder): boolean =>
    position > (carried.get(giver.shard) ?? 0) || (unreadCommands.get(taker.shard) ?? 0) > 0;

  return {
    async compare(orders) {
      const found: Discrepancy[] = [];
      let onTheWay = 0;
      await withCounterparts(
        orders.flatMap(giftsOf),
        ({ data }) => data.toOrderId,
        (gift, taker) => {
          const { transferId } = gift.data;
          if (arrivalsAt(taker).some(({ data }) => data.paymentId === transferId)) return;
          if (isOnTheWay(gift, taker)) onTheWay += 1;
          else found.push(lost(gift));
        },
      );
      await withCounterparts(
        orders.flatMap(arrivalsAt),
        ({ data }) => data.movedFrom.orderId,
        (arrival, giver) => found.push(...disagreements(arrival, giver)),
      );
      return { found, onTheWay };
    },
  };
}

function giftsOf(giver: StoredOrder): Gift[] {
  return giver.commits.flatMap(({ position, events }) =>
    events.flatMap((event) => (event.type === "PaymentMoved" ? [{ giver, position, data: event.data }] : [])),
  );
}

function arrivalsAt(taker: StoredOrder): Arrival[] {
  return taker.commits.flatMap(({ events }) =>
    events.flatMap((event) => {
      if (event.type !== "PaymentReceived" || event.data.movedFrom === undefined) return [];
      return [{ taker, data: { ...event.data, movedFrom: event.data.movedFrom } }];
    }),
  );
}

function lost({ giver, data }: Gift): Discrepancy {
  const { orderId, shard } = giver;
  const { amount, paymentId, toOrderId, transferId } = data;
  const detail = `${formatMoney(amount)} of payment ${paymentId} left order ${orderId} and is not at order ${toOrderId}`;
  return { kind: "transfer_lost", shard, orderId, subject: transferId, detail };
}

function disagreements({ taker, data }: Arrival, giver: StoredOrder): Discrepancy[] {
  const { orderId, shard } = taker;
  const about = { shard, orderId, subject: data.paymentId };
  const came = `${formatMoney(data.amount)} arrived at order ${orderId}`;
  const gifts = giftsOf(giver).filter((gift) => gift.data.transferId === data.paymentId);
  const [gift] = gifts;
  if (gift === undefined || gift.data.toOrderId !== orderId) {
    return [{ kind: "transfer_surplus", ...about, detail: `${came}, and order ${giver.orderId} did not give it` }];
  }
  if (gifts.length > 1) {
    const detail = `${came} once, and order ${giver.orderId} gave it ${gifts.length} times`;
    return [{ kind: "transfer_differs", ...about, detail }];
  }
  const { amount, paymentId } = gift.data;
  const isSo =
    amount.amountMinor === data.amount.amountMinor &&
    amount.currency === data.amount.currency &&
    paymentId === data.movedFrom.paymentId;
  if (isSo) return [];
  const detail = `${came} as ${data.movedFrom.paymentId}, and order ${giver.orderId} gave ${formatMoney(amount)} of ${paymentId}`;
  return [{ kind: "transfer_differs", ...about, detail }];
}

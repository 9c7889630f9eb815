/**
 * The order at which each payment id counts. Shards know nothing of each other, so an id that comes for a second order
 * counts there as well; but one document for each id, which the first order to be handled puts, makes that visible.
 */
import type { OrderEvent } from "../domain/events.ts";
import type { Commit, ViewDocument, ViewStore } from "./ports.ts";
import { PAYMENT_PLACES, type PaymentPlaceDocument } from "./views.ts";

/** Other orders, by the ids of payments that count there before they count at the order that is asked about. */
export type CountedElsewhere = ReadonlyMap<string, string>;

export const NOWHERE_ELSE: CountedElsewhere = new Map();

export interface PaymentPlaces {
  /** Puts the places of payments that came in, where no other order was first. @returns orders that came second. */
  take(commits: readonly Commit[]): Promise<ReadonlySet<string>>;
  /** What each of these orders has that counts elsewhere, by the orders' ids. */
  elsewhere(orders: ReadonlyMap<string, readonly Commit[]>): Promise<ReadonlyMap<string, CountedElsewhere>>;
}

/** For whoever only reads. */
export type PaymentPlacesReader = Pick<PaymentPlaces, "elsewhere">;

export function createPaymentPlacesReader(viewStore: Pick<ViewStore, "getMany">): PaymentPlacesReader {
  return {
    async elsewhere(orders) {
      const ids = [...orders.values()].flatMap(paymentIdsOf);
      const places = ids.length === 0 ? new Map() : await viewStore.getMany(PAYMENT_PLACES, [...new Set(ids)]);
      return new Map([...orders].map(([orderId, commits]) => [orderId, elsewhereOf(orderId, commits, places)]));
    },
  };
}

export function createPaymentPlaces(viewStore: Pick<ViewStore, "getMany" | "putNew">): PaymentPlaces {
  return {
    ...createPaymentPlacesReader(viewStore),
    async take(commits) {
      const taken = commits.flatMap(({ orderId, events }) =>
        events.flatMap((event) => (isFromProvider(event) ? [{ orderId, paymentId: event.data.paymentId }] : [])),
      );
      if (taken.length === 0) return new Set();
      const documents = new Map<string, ViewDocument>();
      for (const { orderId, paymentId } of taken) {
        const document: PaymentPlaceDocument = { orderId };
        if (!documents.has(paymentId)) documents.set(paymentId, { ...document });
      }
      const places = await viewStore.putNew(PAYMENT_PLACES, documents);
      const second = taken.filter(({ orderId, paymentId }) => placeIn(places, paymentId) !== orderId);
      return new Set(second.map(({ orderId }) => orderId));
    },
  };
}

/** The ids under which a provider's money came in for an order. What people moved or set free has ids of its own. */
export function paymentIdsOf(commits: readonly Commit[]): readonly string[] {
  return commits.flatMap(({ events }) => events.filter(isFromProvider).map(({ data }) => data.paymentId));
}

type PaymentReceived = Extract<OrderEvent, { type: "PaymentReceived" }>;

function isFromProvider(event: OrderEvent): event is PaymentReceived {
  if (event.type !== "PaymentReceived") return false;
  return event.data.movedFrom === undefined && event.data.quarantinedAs === undefined;
}

function elsewhereOf(
  orderId: string,
  commits: readonly Commit[],
  places: ReadonlyMap<string, ViewDocument>,
): CountedElsewhere {
  return new Map(
    paymentIdsOf(commits).flatMap((paymentId) => {
      const place = placeIn(places, paymentId);
      return place === undefined || place === orderId ? [] : [[paymentId, place] as const];
    }),
  );
}

function placeIn(places: ReadonlyMap<string, ViewDocument>, paymentId: string): string | undefined {
  return (places.get(paymentId) as PaymentPlaceDocument | undefined)?.orderId;
}

/** Reads the payment desk for people: its payments by kind and age, and one of them with the orders that it may be for. */
import { type DeskKind, type DeskPayment, type DeskState, deskPaymentsOf } from "./desk-payments.ts";
import type { OrderReader } from "./order-reader.ts";
import type { OrderView } from "./order-view.ts";
import { deskIdOf } from "./payment-desk.ts";
import { createPaymentPlacesReader, NOWHERE_ELSE } from "./payment-places.ts";
import type { Clock, ViewStore } from "./ports.ts";
import { bestFor, type OrderSuggestion } from "./suggested-orders.ts";
import { DESK, ORDERS_VIEW, type OrderDocument } from "./views.ts";

/** So many orders that wait for money are compared with a payment, of those before it and of those after: the closest. */
const COMPARED_EACH_WAY = 100;
/** Behind the ids of all orders. */
const LAST_ID = "\uffff";
/** Orders of the payment's customer that are compared. */
const COMPARED_OF_CUSTOMER = 50;
/** An order may be submitted after the money that is meant for it. */
const SUBMITTED_LATER_MS = 86_400_000;
const SUGGESTIONS = 5;
/** Counting stops here: a desk with more is full either way. */
export const MOST_COUNTED = 1_000;

/** Where a page ends. */
export interface DeskPlace {
  readonly lookAtMs: number;
  readonly id: string;
}

export interface ShownDeskPayment extends DeskPayment {
  /** Its order as it is now; null while nobody has submitted it. */
  readonly order: OrderView | null;
}

export interface DeskReader {
  /** Payments of a state: open ones from the oldest on, others from the newest on. */
  list(query: {
    readonly state: DeskState;
    readonly kind?: DeskKind;
    readonly limit: number;
    readonly after?: DeskPlace;
  }): Promise<{ readonly payments: readonly ShownDeskPayment[]; readonly next: DeskPlace | null }>;
  /** One payment as its events tell it now, with the orders that it may be for; null when it never was on the desk. */
  get(
    orderId: string,
    paymentId: string,
  ): Promise<{ readonly payment: ShownDeskPayment; readonly suggestions: readonly OrderSuggestion[] } | null>;
  /** How many open payments there are of a kind, up to `MOST_COUNTED`. */
  count(kind: DeskKind): Promise<number>;
}

export interface DeskReaderDeps {
  readonly viewStore: Pick<ViewStore, "list" | "getMany" | "activeVersion">;
  readonly orderReader: Pick<OrderReader, "loadStored" | "get">;
  readonly clock: Clock;
}

export function createDeskReader({ viewStore, orderReader, clock }: DeskReaderDeps): DeskReader {
  const places = createPaymentPlacesReader(viewStore);
  const ordersView = async () => ({
    view: ORDERS_VIEW.name,
    version: (await viewStore.activeVersion(ORDERS_VIEW.name)) ?? 1,
  });

  const withOrders = async (payments: readonly DeskPayment[]): Promise<readonly ShownDeskPayment[]> => {
    const ids = [...new Set(payments.map(({ orderId }) => orderId))];
    const documents = await viewStore.getMany(await ordersView(), ids);
    return payments.map((payment) => {
      const found = documents.get(payment.orderId) as OrderDocument | undefined;
      return { ...payment, order: submitted(found?.order ?? null) };
    });
  };

  /** Orders that wait for money: of the customer, and received around the time of the payment. */
  const waitingOrders = async ({ paidAt, order }: ShownDeskPayment): Promise<readonly OrderView[]> => {
    const target = await ordersView();
    const newestFirst = { sortBy: "listedAtMs", direction: "descending" } as const;
    const email = order?.customer?.email.toLowerCase();
    const paidAtMs = Date.parse(paidAt);
    const nearest = { where: { status: "received" }, limit: COMPARED_EACH_WAY };
    const before = viewStore.list(target, { ...newestFirst, ...nearest, after: { value: paidAtMs + 1, id: "" } });
    const later = viewStore.list(target, {
      ...nearest,
      sortBy: "listedAtMs",
      direction: "ascending",
      until: paidAtMs + SUBMITTED_LATER_MS,
      after: { value: paidAtMs, id: LAST_ID },
    });
    const ofCustomer =
      email === undefined
        ? []
        : viewStore.list(target, { ...newestFirst, where: { customerEmail: email }, limit: COMPARED_OF_CUSTOMER });
    const found = [...(await before), ...(await later), ...(await ofCustomer)];
    const orders = found.map(({ document }) => (document as unknown as OrderDocument).order);
    return [...new Map(orders.map((candidate) => [candidate.orderId, candidate])).values()];
  };

  const open = (kind: DeskKind | undefined, state: DeskState) => ({
    where: kind === undefined ? { state } : { state, kind },
    sortBy: "lookAtMs",
  });

  return {
    async list({ state, kind, limit, after }) {
      const isOpen = state === "open";
      const found = await viewStore.list(DESK, {
        ...open(kind, state),
        direction: isOpen ? "ascending" : "descending",
        // What only waits for its order becomes an orphan with time, without anything that happens.
        ...(isOpen ? { until: clock.nowMs() } : {}),
        limit: limit + 1,
        ...(after === undefined ? {} : { after: { value: after.lookAtMs, id: after.id } }),
      });
      const payments = found.slice(0, limit).map(({ document }) => document as unknown as DeskPayment);
      const last = payments.at(-1);
      const next = found.length > limit && last !== undefined ? { lookAtMs: last.lookAtMs, id: deskIdOf(last) } : null;
      return { payments: await withOrders(payments), next };
    },
    async get(orderId, paymentId) {
      const stored = await orderReader.loadStored(orderId);
      if (stored === null) return null;
      const elsewhere = (await places.elsewhere(new Map([[orderId, stored.commits]]))).get(orderId);
      const found = deskPaymentsOf(stored.commits, elsewhere ?? NOWHERE_ELSE).get(paymentId) ?? null;
      if (found === null) return null;
      const payment = { ...found, order: submitted(await orderReader.get(orderId)) };
      const suggestions =
        payment.state === "open" ? bestFor(payment, await waitingOrders(payment)).slice(0, SUGGESTIONS) : [];
      return { payment, suggestions };
    },
    async count(kind) {
      const found = await viewStore.list(DESK, {
        ...open(kind, "open"),
        direction: "ascending",
        until: clock.nowMs(),
        limit: MOST_COUNTED,
      });
      return found.length;
    },
  };
}

function submitted(order: OrderView | null): OrderView | null {
  return order === null || order.status === "awaitingOrder" ? null : order;
}

/**
 * What must hold for every order at every moment: contiguous positions and versions (A2), money that adds up (A4),
 * legal transitions (A5), ends that stay ends (A6), and the state that the reference model comes to as well (Q7).
 */
import type { Commit } from "../../../src/actors/ports.ts";
import type { OrderEvent, OrderEventType } from "../../../src/domain/events.ts";
import { type Balance, balancesOf, evolve, NO_ORDER, type Order, type OrderStatus } from "../../../src/domain/order.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Fail } from "./fail.ts";
import type { Inbox } from "./inbox.ts";
import { balanceOf, type ModelOrder, type ModelTerms, newModelOrder, play } from "./reference-model.ts";

export interface AuditedOrder {
  readonly orderId: string;
  readonly commits: readonly Commit[];
  readonly events: readonly OrderEvent[];
  /** When each commit became durable, by true time. */
  readonly storedAtMs: readonly number[];
  readonly model: ModelOrder;
  /** The fold of its events. */
  readonly state: Order;
}

export interface OrderAudit {
  stored(commit: Commit): void;
  order(orderId: string): AuditedOrder | undefined;
  orders(): Iterable<AuditedOrder>;
}

interface Tracked extends AuditedOrder {
  readonly commits: Commit[];
  readonly events: OrderEvent[];
  readonly storedAtMs: number[];
  readonly causes: Set<string>;
  state: Order;
}

const AT_REST: readonly OrderStatus[] = [
  "awaitingOrder",
  "received",
  "confirmed",
  "emailed",
  "rejected",
  "expired",
  "cancelled",
];
/** Events that leave an order where it is, and in which statuses they may come. */
const STAYING: Partial<Record<OrderEventType, readonly OrderStatus[]>> = {
  PaymentReceived: AT_REST,
  PaymentQuarantined: AT_REST,
  PaymentDecided: AT_REST,
  PaymentDecisionRefused: AT_REST,
  PaymentMoved: AT_REST,
  PaymentCredited: ["received"],
  RefundDue: [...AT_REST, "paid"],
  RefundRecorded: AT_REST,
  CancellationRefused: ["confirmed", "emailed", "rejected", "expired"],
  ConfirmationRefused: ["confirmed"],
};
/** Events that move an order: from where to where. */
const MOVING: Partial<Record<OrderEventType, readonly [from: OrderStatus, to: OrderStatus]>> = {
  OrderReceived: ["awaitingOrder", "received"],
  OrderTurnedAway: ["awaitingOrder", "rejected"],
  OrderPaid: ["received", "paid"],
  OrderValidated: ["paid", "validated"],
  OrderConfirmed: ["validated", "confirmed"],
  ConfirmationEmailed: ["confirmed", "emailed"],
  OrderRejected: ["received", "rejected"],
  OrderExpired: ["received", "expired"],
  OrderCancelled: ["received", "cancelled"],
};

export function createOrderAudit(deps: {
  readonly inbox: Inbox;
  readonly kernel: Pick<Timeline, "nowMs">;
  readonly terms: ModelTerms;
  readonly coverage: Coverage;
  readonly fail: Fail;
}): OrderAudit {
  const { inbox, kernel, terms, coverage, fail } = deps;
  const orders = new Map<string, Tracked>();
  const heads = new Map<number, number>();

  const track = (orderId: string): Tracked => {
    const known = orders.get(orderId);
    if (known !== undefined) return known;
    const order: Tracked = {
      orderId,
      commits: [],
      events: [],
      storedAtMs: [],
      causes: new Set(),
      model: newModelOrder(),
      state: NO_ORDER,
    };
    orders.set(orderId, order);
    return order;
  };

  const checkNumbers = (order: Tracked, { shard, position, sequence, causeId }: Commit): void => {
    const head = heads.get(shard) ?? 0;
    if (position !== head + 1) fail("A2", `shard ${shard} goes on from position ${head} with ${position}`);
    heads.set(shard, position);
    if (sequence !== order.state.version + 1) {
      fail("A2", `order ${order.orderId} goes on from version ${order.state.version} with ${sequence}`);
    }
    if (order.causes.has(causeId)) fail("A2", `order ${order.orderId} takes ${causeId} twice`);
    order.causes.add(causeId);
  };

  const takeEvent = (order: Tracked, event: OrderEvent): void => {
    const before = order.state.status;
    const move = MOVING[event.type];
    const isLegal = move === undefined ? STAYING[event.type]?.includes(before) === true : move[0] === before;
    if (!isLegal) fail(isEnd(before) ? "A6" : "A5", `order ${order.orderId} takes ${event.type} while it is ${before}`);
    order.state = evolve(order.state, event);
    const expected = move?.[1] ?? before;
    if (order.state.status !== expected) fail("A5", `${event.type} makes a ${before} order ${order.state.status}`);
    coverage.hit(event.type === "RefundDue" ? `event RefundDue ${event.data.reason}` : `event ${event.type}`);
    if (event.type === "RefundDue" && event.data.reason === "paidBack") coverage.hit(`paid back while ${before}`);
  };

  const checkMoney = ({ orderId }: Tracked, balances: readonly Balance[]): void => {
    for (const balance of balances) {
      const { currency, receivedMinor, appliedMinor, refundDueMinor, refundedMinor, parkedMinor } = balance;
      const parts = [appliedMinor, refundDueMinor, refundedMinor, parkedMinor];
      const words = `received ${receivedMinor} = ${parts.join(" + ")} ${currency}`;
      if (parts.some((part) => part < 0)) fail("A4", `order ${orderId} has a negative part: ${words}`);
      if (parts.reduce((sum, part) => sum + part, 0) !== receivedMinor) fail("A4", `order ${orderId}: ${words}`);
    }
  };

  const compare = ({ orderId, state, model }: Tracked, balances: readonly Balance[], { causeId }: Commit): void => {
    if (state.status !== model.status) {
      fail("Q7", `after ${causeId} order ${orderId} is ${state.status} and should be ${model.status}`);
    }
    for (const currency of new Set([...model.payments.values()].map(({ amount }) => amount.currency))) {
      const balance = balances.find((candidate) => candidate.currency === currency);
      const expected = balanceOf(model, currency);
      if (isSame(balance, expected)) continue;
      const words = `${JSON.stringify(balance)} ${currency} and should have ${JSON.stringify(expected)}`;
      fail("Q7", `after ${causeId} order ${orderId} has ${words}`);
    }
  };

  return {
    stored(commit) {
      const order = track(commit.orderId);
      checkNumbers(order, commit);
      for (const event of commit.events) takeEvent(order, event);
      order.commits.push(commit);
      order.events.push(...commit.events);
      order.storedAtMs.push(kernel.nowMs());
      const balances = balancesOf(order.state);
      checkMoney(order, balances);
      const message = inbox.causeOf(commit);
      if (message === null) fail("Q7", `nobody asked for ${commit.causeId} of order ${commit.orderId}`);
      else if (play(order.model, message, terms) !== "effect") {
        fail("Q7", `${commit.causeId} takes effect on order ${commit.orderId} and should not`);
      } else compare(order, balances, commit);
    },
    order: (orderId) => orders.get(orderId),
    orders: () => orders.values(),
  };
}

function isSame(found: Balance | undefined, expected: ReturnType<typeof balanceOf>): boolean {
  return (
    found?.receivedMinor === expected.received &&
    found.appliedMinor === expected.applied &&
    found.refundDueMinor === expected.refundDue &&
    found.refundedMinor === expected.refunded &&
    found.parkedMinor === expected.parked
  );
}

function isEnd(status: OrderStatus): boolean {
  return status === "emailed" || status === "rejected" || status === "expired" || status === "cancelled";
}

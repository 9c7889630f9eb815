/** The one way in for orders, payments, refunds and cancellations: priced, checked, stored in the log, then answered. */
import { type Catalogue, type Pricing, priceItems, type RequestedItem } from "../domain/catalogue.ts";
import { sameRequest } from "../domain/decide.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import type { Customer } from "../domain/messages.ts";
import { formatMoney, type Money, sameMoney } from "../domain/money.ts";
import { NO_ORDER } from "../domain/order.ts";
import { refundableMinor } from "../domain/settle.ts";
import type { AcceptedOrders } from "./accepted-orders.ts";
import { OperationalError } from "./errors.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { OrderReader } from "./order-reader.ts";
import type { ShownStatus } from "./order-view.ts";
import type { Clock, MessageLog, Random } from "./ports.ts";

export interface Refused {
  readonly type: "refused";
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface SubmittedOrder {
  readonly type: "accepted";
  readonly orderId: string;
  readonly status: ShownStatus;
  readonly total: Money;
}

/** Every method throws OperationalError (`log_unavailable`, `outcome_unknown`, `store_unavailable`) when it cannot know. */
export interface FrontDoor {
  readonly catalogue: Catalogue;
  /**
   * Takes an order; durable when it resolves. The same key and content give the same answer as the first time.
   * Refusals: `unknown_item`, `total_too_large`, `idempotency_key_reused`.
   */
  submit(request: {
    readonly customer: Customer;
    readonly items: readonly RequestedItem[];
    readonly idempotencyKey?: string;
  }): Promise<SubmittedOrder | Refused>;
  /** Takes a payment, for an order that may not have come yet; durable when it resolves. */
  pay(payment: {
    readonly orderId: string;
    readonly paymentId: string;
    readonly amount: Money;
    readonly paidAt?: string;
    readonly partial?: boolean;
  }): Promise<{ readonly type: "accepted" }>;
  /** Takes the news that money went back. Refusals: `order_not_found`, `refund_exceeds_received`, `refund_id_reused`. */
  refund(refund: {
    readonly orderId: string;
    readonly refundId: string;
    readonly amount: Money;
  }): Promise<{ readonly type: "accepted" } | Refused>;
  /**
   * Asks for a cancellation. A payment may still be faster: the order's events say how it ended, under the cause
   * `command:` and the command's id. Refusals: `order_not_found`, `order_not_cancellable`.
   */
  cancel(request: {
    readonly orderId: string;
    readonly reason: string | null;
  }): Promise<{ readonly type: "accepted"; readonly commandId: string } | Refused>;
}

type Priced = Extract<Pricing, { readonly type: "priced" }>;

export interface FrontDoorDeps {
  readonly log: Pick<MessageLog, "produce">;
  readonly orderReader: Pick<OrderReader, "waitFor" | "load" | "loadStored">;
  readonly accepted: AcceptedOrders;
  /** True once everything that waited in the inbox at the start has been processed. */
  readonly hasCaughtUp: () => boolean;
  readonly codec: MessageCodec;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly random: Random;
  /** The id of the order that a key stands for: always the same one. */
  readonly orderIdFromKey: (idempotencyKey: string) => string;
}

/** How long a cancellation waits for its order to be processed. */
const PROCESSING_WAIT_MS = 5_000;

type Submission = Parameters<FrontDoor["submit"]>[0];

export function createFrontDoor(deps: FrontDoorDeps): FrontDoor {
  const { log, orderReader, accepted, hasCaughtUp, codec, catalogue, clock, random, orderIdFromKey } = deps;

  /** Puts a new submission into the log. It is remembered before it is durable, so that repeats wait for it. */
  const store = async (
    orderId: string,
    { customer, items }: Submission,
    { lines, total }: Priced,
  ): Promise<SubmittedOrder> => {
    const submittedAt = new Date(clock.nowMs()).toISOString();
    const stored = log.produce([
      codec.encode({ type: "SubmitOrder", orderId, customer, items, quotedTotal: total, submittedAt }),
    ]);
    accepted.set(orderId, { customer, items: lines, total, submittedAt, stored });
    try {
      await stored;
    } catch (error) {
      accepted.delete(orderId);
      throw error;
    }
    return { type: "accepted", orderId, status: "accepted", total };
  };

  /** The answer to a key that was used before; null when it was not. */
  const repeated = async (orderId: string, request: Submission): Promise<SubmittedOrder | Refused | null> => {
    const earlier = accepted.get(orderId);
    if (earlier !== undefined) {
      if (!sameRequest(earlier, request)) return reused();
      await earlier.stored;
      return { type: "accepted", orderId, status: "accepted", total: earlier.total };
    }
    // After a restart an acknowledged order may still wait in the inbox: then the answer waits, too.
    const stored = await (hasCaughtUp() ? orderReader.loadStored(orderId) : orderReader.load(orderId));
    const details = stored?.order.details ?? null;
    if (details === null) return null;
    if (!sameRequest(details, request)) return reused();
    return details.total === null ? null : { type: "accepted", orderId, status: "accepted", total: details.total };
  };

  return {
    catalogue,
    async submit(request) {
      const { items, idempotencyKey } = request;
      const orderId = idempotencyKey === undefined ? random.id() : orderIdFromKey(idempotencyKey);
      if (idempotencyKey !== undefined) {
        const answer = await repeated(orderId, request);
        if (answer !== null) return answer;
      }
      const pricing = priceItems(catalogue, items);
      if (pricing.type === "unknownItem")
        return refused("unknown_item", `there is no item "${pricing.sku}" on the menu`);
      if (pricing.type === "tooLarge") return refused("total_too_large", "the order's total cannot be counted exactly");
      // Looking into the store took a moment, in which the same key may have come in again.
      const meanwhile = accepted.has(orderId) ? await repeated(orderId, request) : null;
      return meanwhile ?? store(orderId, request, pricing);
    },
    async pay({ orderId, paymentId, amount, paidAt = new Date(clock.nowMs()).toISOString(), partial = false }) {
      const payment = { type: "ReceivePayment", orderId, paymentId, amount, paidAt } as const;
      await log.produce([codec.encode(partial ? { ...payment, partial } : payment)]);
      return { type: "accepted" };
    },
    async refund({ orderId, refundId, amount }) {
      const found = await orderReader.load(orderId);
      if (found === null && !accepted.has(orderId)) return refused("order_not_found", `there is no order ${orderId}`);
      const order = found?.order ?? NO_ORDER;
      const earlier = order.refunds.find((refund) => refund.refundId === refundId);
      if (earlier !== undefined && !sameMoney(earlier.amount, amount)) {
        return refused("refund_id_reused", `refund ${refundId} came before with ${formatMoney(earlier.amount)}`);
      }
      const leftMinor = refundableMinor(order, amount.currency);
      if (earlier === undefined && amount.amountMinor > leftMinor) {
        const left = formatMoney({ amountMinor: leftMinor, currency: amount.currency });
        return refused("refund_exceeds_received", `no more than ${left} of what the order received can go back`);
      }
      await log.produce([codec.encode({ type: "RecordRefund", orderId, refundId, amount })]);
      return { type: "accepted" };
    },
    async cancel({ orderId, reason }) {
      // A cancellation must not overtake its order on another topic, so the order has to be in the event store first.
      const order = await orderReader.waitFor(
        orderId,
        "awaitingOrder",
        PROCESSING_WAIT_MS,
        new AbortController().signal,
      );
      if (order === null || order.status === "awaitingOrder") {
        return refused("order_not_found", `there is no order ${orderId}`);
      }
      if (order.status === "accepted") {
        const message = `order ${orderId} has not been processed yet, so it cannot be cancelled yet; ask again`;
        throw new OperationalError("log_unavailable", message, { retryable: true });
      }
      if (order.status !== "received" && order.status !== "cancelled") {
        return refused("order_not_cancellable", `the order is ${order.status} already`);
      }
      const commandId = random.id();
      await log.produce([codec.encode({ type: "CancelOrder", orderId, commandId, reason })]);
      return { type: "accepted", commandId };
    },
  };
}

function refused(code: ErrorCode, detail: string): Refused {
  return { type: "refused", code, detail };
}

function reused(): Refused {
  return refused("idempotency_key_reused", "this Idempotency-Key was used for an order with another content");
}

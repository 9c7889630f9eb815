/** The one way in for orders, payments, refunds and cancellations: priced, checked, stored in the log, then answered. */
import type { Catalogue, RequestedItem } from "../domain/catalogue.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import type { Customer } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import type { ShownStatus } from "./order-view.ts";

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
  }): Promise<{ readonly type: "accepted" }>;
  /** Takes the news that money went back. Refusals: `order_not_found`, `refund_exceeds_due`. */
  refund(refund: {
    readonly orderId: string;
    readonly refundId: string;
    readonly amount: Money;
  }): Promise<{ readonly type: "accepted" } | Refused>;
  /** Asks for a cancellation. Refusals: `order_not_found`, `order_not_cancellable`. */
  cancel(request: { readonly orderId: string; readonly reason: string | null }): Promise<{ readonly type: "accepted" } | Refused>;
}

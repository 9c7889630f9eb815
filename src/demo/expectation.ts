/** What must have become of an order, by its kind, once the service has done everything it will do. */
import type { OrderEventType } from "../domain/events.ts";
import type { MoneyStatus, OrderStatus } from "../domain/order.ts";
import type { OrderKind } from "./mix.ts";
import type { PlannedOrder, PlannedPayment } from "./plan.ts";

export interface Expectation {
  readonly status: OrderStatus;
  readonly money: MoneyStatus;
  /** Every event of the order, in no particular order: a payment may overtake its submission. */
  readonly events: readonly OrderEventType[];
  /** Every cause; one that ends in a colon stands for an id that the service chooses. */
  readonly causes: readonly string[];
  readonly applied: PlannedPayment | null;
  readonly refundDue: PlannedPayment | null;
  readonly mails: 0 | 1;
}

/** The outcome of each kind, in words for people. */
export const OUTCOMES: Readonly<Record<OrderKind, string>> = {
  normal: "emailed",
  mismatch: "rejected, refund due",
  duplicate: "emailed once",
  "payment-first": "emailed",
  "unpaid-cancel": "cancelled",
  "double-payment": "emailed, second payment refund due",
};

const TAKEN: readonly OrderEventType[] = [
  "OrderReceived",
  "PaymentReceived",
  "OrderPaid",
  "OrderValidated",
  "OrderConfirmed",
  "ConfirmationEmailed",
];

export function expectationOf({ kind, orderId, payments }: PlannedOrder): Expectation {
  const [first = null, second = null] = payments;
  const causes = [`order:${orderId}`, ...payments.map(({ paymentId }) => `payment:${paymentId}`)];
  const emailed = {
    status: "emailed",
    money: "settled",
    events: TAKEN,
    causes: [...causes, "mail:confirmation"],
    applied: first,
    refundDue: null,
    mails: 1,
  } as const;
  switch (kind) {
    case "normal":
    case "duplicate":
    case "payment-first":
      return emailed;
    case "double-payment":
      return { ...emailed, money: "refundDue", events: [...TAKEN, "PaymentReceived", "RefundDue"], refundDue: second };
    case "mismatch": {
      const events = ["OrderReceived", "PaymentReceived", "OrderRejected", "RefundDue"] as const;
      return { status: "rejected", money: "refundDue", events, causes, applied: null, refundDue: first, mails: 0 };
    }
    case "unpaid-cancel": {
      const events = ["OrderReceived", "OrderCancelled"] as const;
      const withCommand = [...causes, "command:"];
      return {
        status: "cancelled",
        money: "settled",
        events,
        causes: withCommand,
        applied: null,
        refundDue: null,
        mails: 0,
      };
    }
  }
}

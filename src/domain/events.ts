/** The facts of an order. Their names and shapes are the storage format: add, never change. */
import type { OrderLine, RequestedItem } from "./catalogue.ts";
import type { Customer, DecidingOperator, PaymentDecision, PaymentPlace } from "./messages.ts";
import type { Money } from "./money.ts";

export type RejectionReason = "amountMismatch" | "currencyMismatch";
export type RefundReason =
  | RejectionReason
  | "paidLate"
  | "notAwaitingPayment"
  | "overpaid"
  | "cancelled"
  | "expired"
  /** A person decided that it goes back. */
  | "decided"
  /** The payment provider paid it back though the order kept it; the refund follows in the same commit. */
  | "paidBack";

interface EventOf<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
}

export type OrderReceived = EventOf<
  "OrderReceived",
  {
    readonly customer: Customer;
    readonly lines: readonly OrderLine[];
    readonly total: Money;
    readonly submittedAt: string;
    /** A payment made after this instant no longer counts. */
    readonly paymentDeadline: string;
  }
>;
/** The order could not be taken as it was asked for: it has no price, so it begins and ends here. */
export type OrderTurnedAway = EventOf<
  "OrderTurnedAway",
  {
    readonly customer: Customer;
    readonly items: readonly RequestedItem[];
    readonly submittedAt: string;
    readonly reason: "priceChanged" | "unknownItem";
  }
>;
/** Money came in. It is parked until another event of the same commit applies it or makes it refund due. */
export type PaymentReceived = EventOf<
  "PaymentReceived",
  {
    readonly paymentId: string;
    readonly amount: Money;
    readonly paidAt: string;
    /** Only where it is true. */
    readonly partial?: true;
    /** Only where a webhook told of it. */
    readonly webhookId?: string;
    /** Only where another order gave it away: then no provider brought it. */
    readonly movedFrom?: PaymentPlace;
    /** The id under which it was quarantined; only where a person made it money of the order. */
    readonly quarantinedAs?: string;
  }
>;
/** A part of the order's total is there; the order waits for the rest. */
export type PaymentCredited = EventOf<"PaymentCredited", { readonly paymentId: string; readonly amount: Money }>;
/** The order's total is there. `amount` is what this payment, the last one, brought of it. */
export type OrderPaid = EventOf<"OrderPaid", { readonly paymentId: string; readonly amount: Money }>;
/** A payment's id came again with other money. It is no money of the order until a person has looked at it. */
export type PaymentQuarantined = EventOf<
  "PaymentQuarantined",
  {
    readonly paymentId: string;
    readonly amount: Money;
    readonly paidAt: string;
    readonly earlierAmount: Money;
    readonly webhookId?: string;
  }
>;
export type OrderValidated = EventOf<"OrderValidated", Record<string, never>>;
/** The shop takes the order. It says what was ordered, so that a kitchen or a mail needs no other event. */
export type OrderConfirmed = EventOf<
  "OrderConfirmed",
  { readonly customer: Customer; readonly lines: readonly OrderLine[]; readonly total: Money }
>;
export type ConfirmationEmailed = EventOf<
  "ConfirmationEmailed",
  { readonly messageId: string; readonly response: string }
>;
/** The mail is not delivered: the mail server refused it for good, or a person dropped it. The order stays confirmed. */
export type ConfirmationRefused = EventOf<
  "ConfirmationRefused",
  {
    readonly messageId: string;
    /** What the mail server answered, or why the mail was dropped. */
    readonly response: string;
    /** Only where a person dropped it. */
    readonly dropped?: true;
  }
>;
export type OrderRejected = EventOf<"OrderRejected", { readonly reason: RejectionReason }>;
export type OrderExpired = EventOf<"OrderExpired", { readonly deadline: string }>;
export type OrderCancelled = EventOf<"OrderCancelled", { readonly reason: string | null }>;
/** A cancellation came after the order was decided: the one who asked can see that it lost. */
export type CancellationRefused = EventOf<"CancellationRefused", { readonly reason: string | null }>;
/** Money of a payment, all of it or a part, that the order does not take or keep and that must go back. */
export type RefundDue = EventOf<
  "RefundDue",
  { readonly paymentId: string; readonly amount: Money; readonly reason: RefundReason }
>;
export type RefundRecorded = EventOf<
  "RefundRecorded",
  { readonly refundId: string; readonly amount: Money; readonly webhookId?: string }
>;

/**
 * A person decided about a payment that the rules could not place; the events behind it in the commit do what was decided.
 * `source`: where the payment was. A refund of what is due already changes no money, and neither does accepting what the
 * order keeps: they say that somebody has looked.
 */
export type PaymentDecided = EventOf<
  "PaymentDecided",
  {
    readonly paymentId: string;
    readonly amount: Money;
    readonly source: "parked" | "refundDue" | "quarantined" | "kept";
    readonly decision: PaymentDecision;
    readonly toOrderId?: string;
    readonly operator: DecidingOperator;
    readonly reason: string;
  }
>;
/** A decision came that no longer fitted: whoever made it can see why. */
export type PaymentDecisionRefused = EventOf<
  "PaymentDecisionRefused",
  {
    readonly paymentId: string;
    readonly decision: PaymentDecision;
    readonly toOrderId?: string;
    readonly operator: DecidingOperator;
    readonly reason: string;
    readonly detail: string;
  }
>;
/** The order gave money away that it did not keep. Until the other order has taken it, it is between the two. */
export type PaymentMoved = EventOf<
  "PaymentMoved",
  {
    readonly paymentId: string;
    readonly amount: Money;
    readonly paidAt: string;
    readonly toOrderId: string;
    /** The payment's id at the order that gets it: no other payment anywhere has it. */
    readonly transferId: string;
  }
>;

export type OrderEvent =
  | OrderReceived
  | OrderTurnedAway
  | PaymentReceived
  | PaymentCredited
  | PaymentQuarantined
  | OrderPaid
  | OrderValidated
  | OrderConfirmed
  | ConfirmationEmailed
  | ConfirmationRefused
  | OrderRejected
  | OrderExpired
  | OrderCancelled
  | CancellationRefused
  | RefundDue
  | RefundRecorded
  | PaymentDecided
  | PaymentDecisionRefused
  | PaymentMoved;

export type OrderEventType = OrderEvent["type"];

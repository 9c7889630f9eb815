/** What the outside asks of an order. Messages are imperative: they may be refused, repeated or late. */
import { assertNever } from "./assert-never.ts";
import type { RequestedItem } from "./catalogue.ts";
import type { Money } from "./money.ts";

export interface Customer {
  readonly name: string;
  readonly email: string;
}

/** Ask for an order. `quotedTotal` is what the customer was told; another price now rejects the order. */
export interface SubmitOrder {
  readonly type: "SubmitOrder";
  readonly orderId: string;
  readonly customer: Customer;
  readonly items: readonly RequestedItem[];
  readonly quotedTotal?: Money;
  /** ISO 8601 instant in UTC at which the customer submitted. */
  readonly submittedAt: string;
}

/** A payment provider took money for an order. */
export interface ReceivePayment {
  readonly type: "ReceivePayment";
  readonly orderId: string;
  readonly paymentId: string;
  readonly amount: Money;
  /** ISO 8601 instant in UTC at which the customer paid: the payment counts by this time. */
  readonly paidAt: string;
  /** True for a deposit or a part of a split payment: it adds up with others. Otherwise it must settle what is outstanding. */
  readonly partial?: boolean;
  /** The id of the webhook that told of it. */
  readonly webhookId?: string;
}

/** A payment provider paid money back. */
export interface RecordRefund {
  readonly type: "RecordRefund";
  readonly orderId: string;
  readonly refundId: string;
  readonly amount: Money;
  /** The id of the webhook that told of it. */
  readonly webhookId?: string;
}

export interface CancelOrder {
  readonly type: "CancelOrder";
  readonly orderId: string;
  readonly commandId: string;
  readonly reason: string | null;
}

/** The mail sender reports the final outcome of a mail, or that a person dropped it. */
export interface RecordMail {
  readonly type: "RecordMail";
  readonly orderId: string;
  readonly kind: "confirmation";
  readonly messageId: string;
  readonly outcome: "accepted" | "refused" | "dropped";
  /** What the mail server answered, for support staff; of a dropped mail, why it was dropped. */
  readonly response: string;
  /** How many decisions of people about the mail went before: each leads to an outcome of its own. Absent for none. */
  readonly round?: number;
}

/** A stored deadline is due: the timer reactor says so once the watermark has passed it. */
export interface ReachDeadline {
  readonly type: "ReachDeadline";
  readonly orderId: string;
  readonly name: "payment";
  readonly deadline: string;
}

/** Who decided: the id of the key that was used, and the name of the person. */
export interface DecidingOperator {
  readonly keyId: string;
  readonly name: string;
}

/** `accept`: it is money of an order. `refund`: it goes back. `reject`: it never was money, but a provider's error. */
export type PaymentDecision = "accept" | "refund" | "reject";

/** A person decides about a payment that the rules could not place. */
export interface DecidePayment {
  readonly type: "DecidePayment";
  readonly orderId: string;
  /** A payment of the order, or `quarantineIdOf` a quarantined one. */
  readonly paymentId: string;
  readonly commandId: string;
  readonly decision: PaymentDecision;
  /** The order that gets the money, where it is another one. */
  readonly toOrderId?: string;
  readonly operator: DecidingOperator;
  readonly reason: string;
}

/** Money that another order gave away arrives: the payment desk sends this for each `PaymentMoved`. */
export interface TakeMovedPayment {
  readonly type: "TakeMovedPayment";
  readonly orderId: string;
  /** The payment's id at this order. */
  readonly transferId: string;
  readonly amount: Money;
  /** When the customer paid, whichever order the money was meant for. */
  readonly paidAt: string;
  readonly movedFrom: PaymentPlace;
}

/** Where a payment is, or was. */
export interface PaymentPlace {
  readonly orderId: string;
  readonly paymentId: string;
}

export type Message =
  | SubmitOrder
  | ReceivePayment
  | RecordRefund
  | CancelOrder
  | RecordMail
  | ReachDeadline
  | DecidePayment
  | TakeMovedPayment;

/**
 * The business id of what a message asks for. A producer's retry has a new offset but the same cause,
 * and the store keeps a cause once per order, so a repeat has no effect.
 */
export function causeOf(message: Message): string {
  switch (message.type) {
    case "SubmitOrder":
      return `order:${message.orderId}`;
    case "ReceivePayment":
      return `payment:${message.paymentId}`;
    case "RecordRefund":
      return `refund:${message.refundId}`;
    case "CancelOrder":
    case "DecidePayment":
      return `command:${message.commandId}`;
    case "TakeMovedPayment":
      return `payment:${message.transferId}`;
    case "RecordMail":
      return mailCause(message);
    case "ReachDeadline":
      return `deadline:${message.name}:1`;
    default:
      return assertNever(message);
  }
}

function mailCause({ kind, round = 0 }: RecordMail): string {
  return round === 0 ? `mail:${kind}` : `mail:${kind}:${round}`;
}

/** The round of the report that an event about a mail follows from. */
export function roundOfCause(causeId: string): number {
  return Number(/^mail:[a-z]+:(\d+)$/i.exec(causeId)?.[1] ?? 0);
}

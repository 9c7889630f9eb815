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

export type Message = SubmitOrder | ReceivePayment | RecordRefund | CancelOrder | RecordMail | ReachDeadline;

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
      return `command:${message.commandId}`;
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

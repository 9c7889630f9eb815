/** What the states, reasons and events of an order are called when a customer reads them. */
import type { Money, OrderStatus, OrderView, TimelineEvent } from "../api/wire.ts";
import { formatMoney } from "../money.ts";

export type Tone = "waiting" | "moving" | "good" | "bad";

interface StatusText {
  readonly label: string;
  readonly headline: string;
  readonly tone: Tone;
}

export const STATUS_TEXTS: Readonly<Record<OrderStatus, StatusText>> = {
  accepted: { label: "Accepted", headline: "We have your order", tone: "moving" },
  awaitingOrder: { label: "Awaiting order", headline: "Your payment came first", tone: "waiting" },
  received: { label: "Awaiting payment", headline: "Waiting for your payment", tone: "waiting" },
  paid: { label: "Paid", headline: "Payment received", tone: "moving" },
  validated: { label: "Validated", headline: "Order checked", tone: "moving" },
  confirmed: { label: "Confirmed", headline: "Your order is confirmed", tone: "moving" },
  emailed: { label: "Emailed", headline: "Confirmed. Check your mail", tone: "good" },
  rejected: { label: "Rejected", headline: "We could not take this order", tone: "bad" },
  expired: { label: "Expired", headline: "This order has expired", tone: "bad" },
  cancelled: { label: "Cancelled", headline: "This order is cancelled", tone: "bad" },
};

const REASONS: Readonly<Record<string, string>> = {
  amountMismatch: "The payment was not the amount of the order.",
  currencyMismatch: "The payment was in another currency than the order.",
  priceChanged: "A price changed before the order came in.",
  unknownItem: "An article of the order is no longer on the menu.",
  paidLate: "The payment came after its deadline.",
  notAwaitingPayment: "The order was not waiting for a payment.",
  overpaid: "It was more than the order still needed.",
  decided: "The shop decided so.",
  cancelled: "The order had been cancelled.",
  expired: "The order had expired.",
};

const DECISIONS: Readonly<Record<string, string>> = {
  accept: "The shop looked at a payment and accepts it",
  refund: "The shop looked at a payment, and it goes back",
  reject: "The shop looked at a payment, and it was none",
};

export function isStatus(value: unknown): value is OrderStatus {
  return typeof value === "string" && Object.hasOwn(STATUS_TEXTS, value);
}

/** One sentence below the headline. */
export function explanationOf(order: OrderView): string {
  switch (order.status) {
    case "accepted":
      return "It is safely stored, and the kitchen reads it in a moment.";
    case "awaitingOrder":
      return "We keep the money safe until the order arrives.";
    case "received":
      return "The kitchen starts as soon as the payment is in.";
    case "paid":
    case "validated":
      return "The kitchen is checking the order against its payment.";
    case "confirmed":
      return order.reason === null
        ? "The confirmation mail is on its way."
        : `The order stands, but its confirmation mail was not delivered: ${order.reason}`;
    case "emailed":
      return order.customer === null
        ? "The confirmation is sent."
        : `The confirmation went to ${order.customer.email}.`;
    case "rejected":
      return reasonText(order.reason) ?? "It cannot be fulfilled as it was asked for.";
    case "expired":
      return "No payment came in time, and nothing was charged for it.";
    case "cancelled":
      return order.reason ?? "Nothing will be cooked, and nothing is owed.";
  }
}

/** What an event says to a customer; an event that this page does not know is named by its type. */
export function describeEvent({ type, data }: TimelineEvent): string {
  const amount = amountOf(data.amount);
  const money = amount === null ? "money" : formatMoney(amount);
  const reason = typeof data.reason === "string" ? data.reason : null;
  switch (type) {
    case "OrderReceived":
      return "Order received and priced";
    case "OrderTurnedAway":
      return `Order turned away. ${reasonText(reason) ?? ""}`.trim();
    case "PaymentReceived":
      return `Payment of ${money} arrived`;
    case "PaymentCredited":
      return `${money} credited; the rest is outstanding`;
    case "PaymentQuarantined":
      return `A payment of ${money} came under an id that was used before; somebody looks at it`;
    case "OrderPaid":
      return `Order paid with ${money}`;
    case "OrderValidated":
      return "Order checked against its payment";
    case "OrderConfirmed":
      return "Order confirmed by the kitchen";
    case "ConfirmationEmailed":
      return "Confirmation mail accepted by the mail server";
    case "ConfirmationRefused":
      return data.dropped === true
        ? "Somebody decided that no confirmation mail is sent"
        : "Confirmation mail refused by the mail server";
    case "OrderRejected":
      return `Order rejected. ${reasonText(reason) ?? ""}`.trim();
    case "OrderExpired":
      return "Order expired without a payment";
    case "OrderCancelled":
      return "Order cancelled";
    case "CancellationRefused":
      return "Cancellation came too late";
    case "RefundDue":
      return reason === "paidBack"
        ? `The order keeps ${money} less: the payment provider pays it back`
        : `${money} must go back. ${reasonText(reason) ?? ""}`.trim();
    case "RefundRecorded":
      return `${money} went back`;
    case "PaymentDecided":
      return DECISIONS[String(data.decision)] ?? "The shop decided about a payment";
    case "PaymentDecisionRefused":
      return "The shop decided about a payment too late; nothing changed";
    case "PaymentMoved":
      return `${money} was given to another order`;
    default:
      return type.replace(/(?<=[a-z])(?=[A-Z])/g, " ");
  }
}

/** An order id short enough to say aloud; the full one stays in the address. */
export function shortIdOf(orderId: string): string {
  return `#${orderId.replaceAll("-", "").slice(-6).toUpperCase()}`;
}

function reasonText(reason: string | null): string | null {
  if (reason === null) return null;
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? null) : reason;
}

function amountOf(value: unknown): Money | null {
  const { amountMinor, currency } = (value ?? {}) as Partial<Record<keyof Money, unknown>>;
  return Number.isSafeInteger(amountMinor) && typeof currency === "string" && /^[A-Z]{3}$/.test(currency)
    ? { amountMinor: amountMinor as number, currency }
    : null;
}

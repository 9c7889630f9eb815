/**
 * What an order makes of a message: the events that follow, nothing (a repeat), or a refusal. Pure:
 * the catalogue and the payment window come in as data, and nothing here asks for the time.
 */
import { assertNever } from "./assert-never.ts";
import { type Catalogue, priceItems } from "./catalogue.ts";
import { type Decision, events, NOTHING, refusal } from "./decision.ts";
import type {
  ConfirmationEmailed,
  ConfirmationRefused,
  OrderEvent,
  OrderReceived,
  OrderTurnedAway,
  PaymentReceived,
} from "./events.ts";
import type { Message, ReceivePayment, RecordMail, RecordRefund, SubmitOrder } from "./messages.ts";
import { formatMoney, isAmount, type Money, sameMoney } from "./money.ts";
import { evolve, type Order, type OrderDetails, parkedMinorOf, quarantineIdOf } from "./order.ts";
import { decidePayment } from "./payment-decision.ts";
import { creditsBack, paidBack, receivedMinor, refundableMinor, settle } from "./settle.ts";
import { contradictsWebhook } from "./webhook-contradiction.ts";

/** The rules of the shop that decisions depend on. */
export interface Terms {
  readonly catalogue: Catalogue;
  /** How long after submission a payment still counts. */
  readonly paymentWindowMs: number;
}

/** Decides what follows from `message` for `order`; the caller stores the events and folds them with `evolve`. */
export function decide(order: Order, message: Message, terms: Terms): Decision {
  switch (message.type) {
    case "SubmitOrder":
      return submit(order, message, terms);
    case "ReceivePayment":
      return receivePayment(order, message);
    case "RecordRefund":
      return recordRefund(order, message);
    case "CancelOrder":
      return cancel(order, message.reason);
    case "RecordMail":
      return order.status === "confirmed" ? events(outcomeOf(message)) : NOTHING;
    case "DecidePayment":
      return decidePayment(order, message);
    case "TakeMovedPayment": {
      // What was moved adds up like a part: it must not reject an order that a person chose for it.
      const { transferId: paymentId, amount, paidAt, movedFrom } = message;
      return receive(order, { paymentId, amount, paidAt, partial: true, movedFrom });
    }
    case "ReachDeadline":
      // A message that names another deadline than the order has is not about this order's time.
      return order.status === "received" && order.details?.paymentDeadline === message.deadline
        ? events({ type: "OrderExpired", data: { deadline: message.deadline } }, ...creditsBack(order, "expired"))
        : NOTHING;
    default:
      return assertNever(message);
  }
}

function submit(order: Order, message: SubmitOrder, terms: Terms): Decision {
  if (order.details !== null) return resubmit(order.details, message);
  const opening = openingEvent(message, terms);
  // Parked payments meet their order now, one after the other in the order in which they came.
  let state = evolve(order, opening);
  const settled: OrderEvent[] = [];
  for (const payment of order.payments.filter((candidate) => parkedMinorOf(candidate) > 0)) {
    // Some of it may have gone back before its order came.
    const amount = { ...payment.amount, amountMinor: parkedMinorOf(payment) };
    for (const event of settle(state, { ...payment, amount })) {
      settled.push(event);
      state = evolve(state, event);
    }
  }
  return events(opening, ...settled);
}

function openingEvent(message: SubmitOrder, terms: Terms): OrderReceived | OrderTurnedAway {
  const { customer, items, submittedAt, quotedTotal } = message;
  const pricing = priceItems(terms.catalogue, items);
  if (pricing.type !== "priced") {
    return { type: "OrderTurnedAway", data: { customer, items, submittedAt, reason: "unknownItem" } };
  }
  if (quotedTotal !== undefined && !sameMoney(quotedTotal, pricing.total)) {
    return { type: "OrderTurnedAway", data: { customer, items, submittedAt, reason: "priceChanged" } };
  }
  const { lines, total } = pricing;
  const paymentDeadline = new Date(Date.parse(submittedAt) + terms.paymentWindowMs).toISOString();
  return { type: "OrderReceived", data: { customer, lines, total, submittedAt, paymentDeadline } };
}

function resubmit(details: OrderDetails, message: SubmitOrder): Decision {
  if (sameRequest(details, message)) return NOTHING;
  return refusal("idempotency_key_reused", "this order id already belongs to an order with another content");
}

/** True when two submissions ask for the same thing: the same customer, and the same items in the same order. */
export function sameRequest(
  a: Pick<SubmitOrder, "customer" | "items">,
  b: Pick<SubmitOrder, "customer" | "items">,
): boolean {
  return (
    a.customer.name === b.customer.name &&
    a.customer.email === b.customer.email &&
    a.items.length === b.items.length &&
    a.items.every((item, i) => item.sku === b.items[i]?.sku && item.quantity === b.items[i]?.quantity)
  );
}

/** Money on its way in: from a provider, or from another order. */
type Incoming = PaymentReceived["data"];

function receivePayment(order: Order, message: ReceivePayment): Decision {
  if (contradictsWebhook(order, message)) return webhookReused(message);
  const { paymentId, amount, paidAt, partial } = message;
  return receive(order, {
    paymentId,
    amount,
    paidAt,
    ...(partial === true ? { partial } : {}),
    ...toldBy(message),
  });
}

function receive(order: Order, incoming: Incoming): Decision {
  const { paymentId, amount } = incoming;
  const earlier = order.payments.find((payment) => payment.paymentId === paymentId);
  if (earlier !== undefined) {
    return sameMoney(earlier.amount, amount) ? NOTHING : quarantine(order, incoming, earlier.amount);
  }
  if (!isAmount(receivedMinor(order, amount.currency) + amount.amountMinor)) {
    return refusal("total_too_large", "the money received for this order can no longer be counted exactly");
  }
  const received: OrderEvent = { type: "PaymentReceived", data: incoming };
  if (order.details === null) return events(received);
  return events(received, ...settle(order, incoming));
}

/** Neither of two amounts under one id can be trusted over the other: the second is kept, apart, for a person. */
function quarantine(order: Order, incoming: Incoming, earlierAmount: Money): Decision {
  const { paymentId, amount, paidAt, webhookId } = incoming;
  const isKnown = order.quarantined.some((other) => other.paymentId === paymentId && sameMoney(other.amount, amount));
  if (isKnown) return NOTHING;
  const data = { paymentId, amount, paidAt, earlierAmount, ...(webhookId === undefined ? {} : { webhookId }) };
  const quarantined: OrderEvent = { type: "PaymentQuarantined", data };
  // Named by what no provider can send: another payment's cause must not pass for it.
  return { ...events(quarantined), causeId: `payment:${quarantineIdOf({ paymentId, amount })}` };
}

function recordRefund(order: Order, message: RecordRefund): Decision {
  if (contradictsWebhook(order, message)) return webhookReused(message);
  const { refundId, amount } = message;
  const earlier = order.refunds.find((refund) => refund.refundId === refundId);
  if (earlier !== undefined) {
    if (sameMoney(earlier.amount, amount)) return NOTHING;
    return refusal("refund_id_reused", `refund ${refundId} came before with ${formatMoney(earlier.amount)}`);
  }
  const { amountMinor, currency } = amount;
  const leftMinor = refundableMinor(order, currency);
  if (amountMinor > leftMinor) {
    const left = formatMoney({ amountMinor: leftMinor, currency });
    return refusal("refund_exceeds_received", `no more than ${left} of what the order received can go back`);
  }
  const recorded: OrderEvent = { type: "RefundRecorded", data: { refundId, amount, ...toldBy(message) } };
  const [first, ...rest] = paidBack(order, amount);
  return first === undefined ? events(recorded) : events(first, ...rest, recorded);
}

/** The webhook's id stays with the money, where a later message of the same id meets it. */
function toldBy({ webhookId }: ReceivePayment | RecordRefund): { readonly webhookId?: string } {
  return webhookId === undefined ? {} : { webhookId };
}

function webhookReused({ webhookId }: ReceivePayment | RecordRefund): Decision {
  return refusal("webhook_id_reused", `webhook ${webhookId} told of another payment or refund before`);
}

function cancel(order: Order, reason: string | null): Decision {
  if (order.details === null) return refusal("order_not_found", "there is no order of this id to cancel");
  if (order.status === "cancelled") return NOTHING;
  if (order.status !== "received") return events({ type: "CancellationRefused", data: { reason } });
  return events({ type: "OrderCancelled", data: { reason } }, ...creditsBack(order, "cancelled"));
}

function outcomeOf({ messageId, response, outcome }: RecordMail): ConfirmationEmailed | ConfirmationRefused {
  if (outcome === "accepted") return { type: "ConfirmationEmailed", data: { messageId, response } };
  const dropped = outcome === "dropped" ? { dropped: true as const } : {};
  return { type: "ConfirmationRefused", data: { messageId, response, ...dropped } };
}

/**
 * What messages make of an order, written a second time and on purpose in another way than src/domain: one mutable
 * record and no events. Where the two differ, one of them is wrong.
 */
import type {
  DecidePayment,
  Message,
  ReceivePayment,
  SubmitOrder,
  TakeMovedPayment,
} from "../../../src/domain/messages.ts";
import type { Money } from "../../../src/domain/money.ts";

export interface ModelPayment {
  readonly amount: Money;
  readonly paidAtMs: number;
  readonly partial: boolean;
  applied: number;
  due: number;
  /** Paid back by the provider, beyond what was due. */
  back: number;
  /** Given to another order. */
  moved: number;
  /** A person said that it goes back. */
  goesBack: boolean;
}

/** Money under the id of another payment, until a person decides about it. */
export interface ModelQuarantined {
  readonly amount: Money;
  readonly paidAtMs: number;
  open: boolean;
}

export interface ModelOrder {
  status: "awaitingOrder" | "received" | "confirmed" | "emailed" | "rejected" | "expired" | "cancelled";
  request: string | null;
  total: Money | null;
  deadlineMs: number;
  readonly payments: Map<string, ModelPayment>;
  /** By the name that decisions use. */
  readonly quarantined: Map<string, ModelQuarantined>;
  readonly refunds: Map<string, Money>;
  /** What each webhook told. */
  readonly told: Map<string, string>;
  /** Quarantined payments, commands and reports that took effect: none does so again. */
  readonly done: Set<string>;
}

export interface ModelTerms {
  readonly prices: ReadonlyMap<string, number>;
  readonly currency: string;
  readonly paymentWindowMs: number;
}

export function newModelOrder(): ModelOrder {
  const nothing = {
    payments: new Map(),
    quarantined: new Map(),
    refunds: new Map(),
    told: new Map(),
    done: new Set<string>(),
  };
  return { status: "awaitingOrder", request: null, total: null, deadlineMs: 0, ...nothing };
}

/** A copy to try something on. */
export function copyOf(order: ModelOrder): ModelOrder {
  const payments = new Map([...order.payments].map(([id, payment]) => [id, { ...payment }]));
  const quarantined = new Map([...order.quarantined].map(([id, payment]) => [id, { ...payment }]));
  const [refunds, told, done] = [new Map(order.refunds), new Map(order.told), new Set(order.done)];
  return { ...order, payments, quarantined, refunds, told, done };
}

/** `refused`: it has no effect, and somebody must hear of it. */
export type Effect = "effect" | "nothing" | "refused";

/** Lets a message take its effect. */
export function play(order: ModelOrder, message: Message, terms: ModelTerms): Effect {
  const once = (key: string): boolean => !order.done.has(key) && !!order.done.add(key);
  switch (message.type) {
    case "SubmitOrder": {
      const request = JSON.stringify([message.customer.name, message.customer.email, message.items]);
      if (order.request !== null) return order.request === request ? "nothing" : "refused";
      order.request = request;
      order.total = totalOf(message, terms);
      order.status = order.total === null ? "rejected" : "received";
      order.deadlineMs = Date.parse(message.submittedAt) + terms.paymentWindowMs;
      for (const payment of order.payments.values()) if (parkedOf(payment) > 0) settle(order, payment);
      return "effect";
    }
    case "ReceivePayment":
    case "TakeMovedPayment":
      return receive(order, message, once);
    case "DecidePayment":
      return decide(order, message, once);
    case "RecordRefund": {
      const { refundId, amount, webhookId } = message;
      if (toldOther(order, webhookId, `refund ${refundId}`)) return "refused";
      const known = order.refunds.get(refundId);
      if (known !== undefined) return isSame(known, amount) ? "nothing" : "refused";
      const { received, refunded, refundDue } = balanceOf(order, amount.currency);
      if (refunded + amount.amountMinor > received) return "refused";
      takeBack(order, amount.currency, amount.amountMinor - refundDue);
      order.refunds.set(refundId, amount);
      if (webhookId !== undefined) order.told.set(webhookId, `refund ${refundId}`);
      return "effect";
    }
    case "CancelOrder":
      if (order.request === null) return "refused";
      if (order.status === "cancelled" || !once(`command ${message.commandId}`)) return "nothing";
      if (order.status === "received") close(order, "cancelled");
      return "effect";
    case "RecordMail":
      if (order.status !== "confirmed" || !once("mail")) return "nothing";
      if (message.outcome === "accepted") order.status = "emailed";
      return "effect";
    case "ReachDeadline":
      if (order.status !== "received") return "nothing";
      close(order, "expired");
      return "effect";
  }
}

function receive(
  order: ModelOrder,
  message: ReceivePayment | TakeMovedPayment,
  once: (key: string) => boolean,
): Effect {
  const isMoved = message.type === "TakeMovedPayment";
  const { amount, paidAt } = message;
  const paymentId = isMoved ? message.transferId : message.paymentId;
  const partial = isMoved || message.partial === true;
  const webhookId = isMoved ? undefined : message.webhookId;
  if (toldOther(order, webhookId, `payment ${paymentId}`)) return "refused";
  const known = order.payments.get(paymentId);
  const isNew = known === undefined || !isSame(known.amount, amount);
  if (!isNew || (known && !once(`${paymentId} ${amount.amountMinor} ${amount.currency}`))) return "nothing";
  if (webhookId !== undefined) order.told.set(webhookId, `payment ${paymentId}`);
  if (known === undefined) take(order, paymentId, { amount, paidAtMs: Date.parse(paidAt) }, partial);
  else {
    const name = `${paymentId}~${amount.amountMinor}${amount.currency}`;
    order.quarantined.set(name, { amount, paidAtMs: Date.parse(paidAt), open: true });
  }
  return "effect";
}

function take(
  order: ModelOrder,
  id: string,
  { amount, paidAtMs }: Pick<ModelPayment, "amount" | "paidAtMs">,
  partial: boolean,
): void {
  const nothing = { applied: 0, due: 0, back: 0, moved: 0, goesBack: false };
  const payment: ModelPayment = { amount, paidAtMs, partial, ...nothing };
  order.payments.set(id, payment);
  if (order.request !== null) settle(order, payment);
}

function decide(order: ModelOrder, message: DecidePayment, once: (key: string) => boolean): Effect {
  const { orderId, paymentId: id, decision, toOrderId } = message;
  const apart = order.quarantined.get(id);
  if (apart === undefined && !order.payments.has(id)) return "refused";
  if (!once(`command ${message.commandId}`)) return "nothing";
  const goesOn = toOrderId !== undefined;
  if (goesOn && (decision !== "accept" || toOrderId === orderId)) return "effect";
  if (apart?.open) {
    apart.open = false;
    if (decision === "accept" && !goesOn) take(order, id, apart, true);
    else if (decision !== "reject") {
      const { amount, paidAtMs } = apart;
      const isMoved = decision === "accept";
      const [due, moved] = isMoved ? [0, amount.amountMinor] : [amount.amountMinor, 0];
      order.payments.set(id, { amount, paidAtMs, partial: true, applied: 0, due, back: 0, moved, goesBack: !isMoved });
    }
    return "effect";
  }
  const payment = order.payments.get(id);
  if (payment === undefined) return "effect";
  const parked = parkedOf(payment);
  const free = parked > 0 ? parked : Math.min(payment.due, balanceOf(order, payment.amount.currency).refundDue);
  if (free === 0 || payment.goesBack) return "effect";
  if (decision === "refund") {
    payment.goesBack = true;
    payment.due += parked;
  }
  if (decision === "accept" && goesOn) {
    payment.due -= parked > 0 ? 0 : free;
    payment.moved += free;
  }
  return "effect";
}

function parkedOf({ amount, applied, due, back, moved }: ModelPayment): number {
  return amount.amountMinor - applied - due - back - moved;
}

/** Money that was not due: of the payment that has exactly so much left, or of all, as they came. */
function takeBack(order: ModelOrder, currency: string, amount: number): void {
  let open = Math.max(0, amount);
  const own = [...order.payments.values()].filter((payment) => payment.amount.currency === currency);
  own.sort((a, b) => Number(parkedOf(b) + b.applied === open) - Number(parkedOf(a) + a.applied === open));
  for (const payment of own) {
    const fromParked = Math.min(open, parkedOf(payment));
    const fromApplied = Math.min(open - fromParked, payment.applied);
    payment.back += fromParked + fromApplied;
    payment.applied -= fromApplied;
    open -= fromParked + fromApplied;
  }
}

function toldOther({ told }: ModelOrder, webhookId: string | undefined, fact: string): boolean {
  return webhookId !== undefined && (told.get(webhookId) ?? fact) !== fact;
}

function settle(order: ModelOrder, payment: ModelPayment): void {
  const { currency } = payment.amount;
  const amountMinor = parkedOf(payment);
  const counts = order.status === "received" && payment.paidAtMs <= order.deadlineMs;
  const isOurs = currency === order.total?.currency;
  const open = (order.total?.amountMinor ?? 0) - appliedOf(order);
  const fits = isOurs && (payment.partial || amountMinor === open);
  if (counts && fits) payment.applied = Math.min(open, amountMinor);
  payment.due += amountMinor - payment.applied;
  if (counts && fits && amountMinor >= open) order.status = "confirmed";
  if (counts && !fits && !payment.partial) close(order, "rejected");
}

/** The order will not be: what was applied to it goes back. */
function close(order: ModelOrder, status: "rejected" | "expired" | "cancelled"): void {
  order.status = status;
  for (const payment of order.payments.values()) {
    payment.due += payment.applied;
    payment.applied = 0;
  }
}

function totalOf({ items, quotedTotal }: SubmitOrder, { prices, currency }: ModelTerms): Money | null {
  if (items.some(({ sku }) => !prices.has(sku))) return null;
  const amountMinor = items.reduce((sum, { sku, quantity }) => sum + quantity * (prices.get(sku) ?? 0), 0);
  const total = { amountMinor, currency };
  return quotedTotal === undefined || isSame(quotedTotal, total) ? total : null;
}

function appliedOf({ payments }: ModelOrder): number {
  return [...payments.values()].reduce((sum, { applied }) => sum + applied, 0);
}

/** The money of one currency at an order. */
export function balanceOf(order: ModelOrder, currency: string) {
  const own = [...order.payments.values()].filter(({ amount }) => amount.currency === currency);
  const received = own.reduce((sum, { amount, moved }) => sum + amount.amountMinor - moved, 0);
  const applied = own.reduce((sum, payment) => sum + payment.applied, 0);
  const due = own.reduce((sum, payment) => sum + payment.due + payment.back, 0);
  const back = [...order.refunds.values()].filter((refund) => refund.currency === currency);
  const refunded = back.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  return { received, applied, refundDue: due - refunded, refunded, parked: received - applied - due };
}

function isSame(a: Money, b: Money): boolean {
  return a.amountMinor === b.amountMinor && a.currency === b.currency;
}

/**
 * The machine is the second line behind `decide`: events that nobody should propose, with amounts just right and just
 * wrong, thrown at every state. What it lets through must still keep the money and the ends of an order.
 */
import type { OrderEvent } from "../../src/domain/events.ts";
import type { Money } from "../../src/domain/money.ts";
import {
  balancesOf,
  creditedMinor,
  isFinal,
  moneyStatusOf,
  type Order,
  type OrderStatus,
  parkedMinorOf,
  quarantineIdOf,
} from "../../src/domain/order.ts";
import * as events from "../support/order-events.ts";
import { afterEvent } from "./after-event.ts";
import type { MachineSnapshot } from "./explore.ts";
import type { MachineCoverage } from "./machine-coverage.ts";

const LIFECYCLE_EVENTS: readonly OrderEvent[] = [
  events.ORDER_RECEIVED,
  events.orderTurnedAway("priceChanged"),
  events.ORDER_VALIDATED,
  events.ORDER_CONFIRMED,
  events.CONFIRMATION_EMAILED,
  { type: "ConfirmationRefused", data: { messageId: "<x@y>", response: "550" } },
  events.orderRejected("amountMismatch"),
  events.ORDER_EXPIRED,
  events.ORDER_CANCELLED,
  events.CANCELLATION_REFUSED,
];

export interface Forger {
  /** Throws forged events at a state of the machine, unless it has had them; notes what was wrongly let through. */
  at(snapshot: MachineSnapshot): void;
  readonly wronglyAllowed: ReadonlySet<string>;
  /** How many events were thrown. */
  thrown(): number;
}

export function createForger(coverage: MachineCoverage): Forger {
  const seen = new Set<string>();
  const wronglyAllowed = new Set<string>();
  let thrown = 0;
  const at = (snapshot: MachineSnapshot, isForged: boolean): void => {
    const key = machineKeyOf(snapshot.context);
    if (seen.has(key)) return;
    seen.add(key);
    for (const event of forgedEvents(snapshot.context)) {
      thrown += 1;
      coverage.asked(snapshot, event);
      if (!snapshot.can(event)) continue;
      const after = afterEvent(snapshot, event);
      for (const what of wrongIn(snapshot, event, after)) wronglyAllowed.add(what);
      // On its way to the confirmation an order could lose its money to one forged event, and go on with the next.
      if (!isForged && isOnItsWay(snapshot.context)) at(after, true);
    }
  };
  return { at: (snapshot) => at(snapshot, false), wronglyAllowed, thrown: () => thrown };
}

/** All that the machine looks at: its guards ask for amounts, and not for who paid when. */
function machineKeyOf({ status, details, payments, quarantined, refunds }: Order): string {
  const money = payments.map(({ amount, appliedMinor, dueMinor, paidBackMinor, movedMinor }) =>
    [amount.amountMinor, amount.currency, appliedMinor, dueMinor, paidBackMinor, movedMinor].join(),
  );
  const apart = quarantined.map(({ amount, decided }) => [amount.amountMinor, amount.currency, decided].join());
  const back = refunds.map(({ amount }) => [amount.amountMinor, amount.currency].join());
  return JSON.stringify([status, details?.total ?? null, money.toSorted(), apart.toSorted(), back.toSorted()]);
}

function isOnItsWay({ status }: Order): boolean {
  return status === "paid" || status === "validated";
}

/** Every kind of event for an order, each amount right at a limit and right beyond it. */
function forgedEvents(order: Order): readonly OrderEvent[] {
  const outstandingMinor = (order.details?.total?.amountMinor ?? 0) - creditedMinor(order);
  const ofPayments = order.payments.flatMap((payment) => {
    const parked = parkedMinorOf(payment);
    const limits: Limits = {
      paying: [parked, outstandingMinor],
      goingBack: [parked, parked + payment.appliedMinor],
      spare: [parked, payment.dueMinor - payment.paidBackMinor],
    };
    return moneyEvents(payment.paymentId, payment.amount.currency, limits);
  });
  const ofQuarantined = order.quarantined.flatMap((payment) => {
    const { amountMinor, currency } = payment.amount;
    return moneyEvents(quarantineIdOf(payment), currency, everyLimit(amountMinor));
  });
  const refunds = balancesOf(order).flatMap(({ currency, refundDueMinor }) =>
    amountsAround([refundDueMinor]).map((amountMinor) => events.refundRecorded("forged", { amountMinor, currency })),
  );
  const ofNobody = moneyEvents("nobody's", "EUR", everyLimit(Math.max(1, outstandingMinor)));
  const ofNowhere = events.refundRecorded("forged", { amountMinor: 1, currency: "JPY" });
  const another = events.paymentReceived("forged", { amountMinor: 1, currency: "JPY" });
  return [...LIFECYCLE_EVENTS, ...ofPayments, ...ofQuarantined, ...refunds, ...ofNobody, ofNowhere, another];
}

function amountsAround(limits: readonly number[]): readonly number[] {
  const amounts = limits.flatMap((limit) => [limit - 1, limit, limit + 1]);
  return [...new Set(amounts)].filter((amount) => amount > 0 && Number.isSafeInteger(amount));
}

const SOURCES = ["parked", "refundDue", "quarantined", "kept"] as const;

/** The amounts at which it matters what the money is for. */
interface Limits {
  readonly paying: readonly number[];
  readonly goingBack: readonly number[];
  readonly spare: readonly number[];
}

function everyLimit(amountMinor: number): Limits {
  return { paying: [amountMinor], goingBack: [amountMinor], spare: [amountMinor] };
}

function moneyEvents(paymentId: string, currency: string, limits: Limits): readonly OrderEvent[] {
  const around = (amounts: readonly number[], eventsOf: (amount: Money) => readonly OrderEvent[]) =>
    amountsAround(amounts).flatMap((amountMinor) => eventsOf({ amountMinor, currency }));
  return [
    ...around(limits.paying, (amount) => [
      { type: "OrderPaid", data: { paymentId, amount } },
      { type: "PaymentCredited", data: { paymentId, amount } },
    ]),
    ...around(limits.goingBack, (amount) => [
      events.refundDue("overpaid", paymentId, amount),
      events.refundDue("paidBack", paymentId, amount),
    ]),
    ...around(limits.spare, (amount) => [
      events.paymentMoved(paymentId, amount),
      ...SOURCES.map((source) => events.paymentDecided(paymentId, "accept", { source, amount })),
    ]),
  ];
}

const NEEDS_THE_TOTAL: ReadonlySet<OrderEvent["type"]> = new Set(["OrderPaid", "OrderValidated", "OrderConfirmed"]);

/** Where credited money goes back only when it has been paid back. */
const KEEPS_CREDIT: ReadonlySet<OrderStatus> = new Set(["received", "paid", "validated", "confirmed", "emailed"]);

/** What the machine let through and should not have, in words. */
function wrongIn(before: MachineSnapshot, event: OrderEvent, after: MachineSnapshot): readonly string[] {
  const { value, context: order } = after;
  const found: string[] = [];
  if (value.lifecycle !== order.status || value.money !== moneyStatusOf(order)) found.push("its regions are wrong");
  if (isFinal(before.context.status) && order.status !== before.context.status) found.push("an end was left");
  if (NEEDS_THE_TOTAL.has(event.type) && creditedMinor(order) !== order.details?.total?.amountMinor) {
    found.push("it is paid without its total");
  }
  const isOwed = event.type === "RefundDue" && event.data.reason !== "paidBack";
  if (isOwed && KEEPS_CREDIT.has(before.context.status) && creditedMinor(order) !== creditedMinor(before.context)) {
    found.push("credited money is owed though nobody paid it back");
  }
  for (const { currency, ...amounts } of balancesOf(order)) {
    if (Object.values(amounts).some((amount) => amount < 0)) found.push(`it lacks ${currency}`);
  }
  return found.map((what) => `${before.context.status}, ${event.type} ${JSON.stringify(event.data)}: ${what}`);
}

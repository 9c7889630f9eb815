/**
 * The lifecycle of an order, driven by stored events. `decide` proposes events; a transition that is not
 * here is a bug and crashes, so no code path can take an order where its life does not lead. The machine
 * has no `after`, `invoke` or `spawn`: deadlines are events too, and replay must do nothing but fold.
 */
import { assign, setup } from "xstate";
import type { OrderEvent, OrderPaid, PaymentCredited, PaymentDecided, RefundDue } from "../domain/events.ts";
import type { Message } from "../domain/messages.ts";
import { sameMoney } from "../domain/money.ts";
import {
  balancesOf,
  creditedMinor,
  evolve,
  type MoneyStatus,
  moneyStatusOf,
  NO_ORDER,
  type Order,
  parkedMinorOf,
  stillDueMinorOf,
} from "../domain/order.ts";
import { decidablePayment, keptMoney } from "../domain/payment-decision.ts";

/** What people who look after orders must know about a state; dashboards and help texts are made from it. */
export interface StateMeta {
  /** Who has to act for the order to leave this state; null when nobody has to. */
  readonly owner: "shopper" | "payment provider" | "service" | "support" | null;
  /** How long an order may stay here before somebody should look, in seconds; null for no limit. */
  readonly sloSeconds: number | null;
  readonly description: string;
  /** The messages that move the order on from here. */
  readonly movedBy: readonly Message["type"][];
  /** Messages that move it on only now and then: for an order that has money about which a person decides. */
  readonly sometimesMovedBy?: readonly Message["type"][];
}

const orderSetup = setup({
  types: {} as { context: Order; events: OrderEvent; meta: StateMeta },
  actions: {
    fold: assign(({ context, event }) => evolve(context, event)),
  },
  guards: {
    paysInFull: ({ context, event }) => event.type === "OrderPaid" && outstandingAfter(context, event) === 0,
    paysInPart: ({ context, event }) => event.type === "PaymentCredited" && outstandingAfter(context, event) > 0,
    isPaidInFull: ({ context }) =>
      !!context.details?.total && creditedMinor(context) === context.details.total.amountMinor,
    isKnownMoney: ({ context, event }) => event.type === "RefundDue" && isKnownMoney(context, event),
    isWithinRefundDue: ({ context, event }) => isWithinRefundDue(context, event),
    isDecidable: ({ context, event }) => event.type === "PaymentDecided" && isDecidable(context, event),
    isSpare: ({ context, event }) => isSpare(context, event),
    leavesNothingDue: ({ context, event }) => leavesMoney(context, event, "settled"),
    leavesOnlyRefunds: ({ context, event }) => leavesMoney(context, event, "refunded"),
    leavesAPartKept: ({ context, event }) => leavesMoney(context, event, "partlyRefunded"),
  },
});

/** What is outstanding once parked money of a known payment is credited; below 0 when it must not be credited. */
function outstandingAfter(order: Order, { data: { paymentId, amount } }: OrderPaid | PaymentCredited): number {
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  const total = order.details?.total;
  if (!total || payment === undefined) return -1;
  if (amount.currency !== total.currency || payment.amount.currency !== total.currency) return -1;
  if (amount.amountMinor > parkedMinorOf(payment)) return -1;
  return total.amountMinor - creditedMinor(order) - amount.amountMinor;
}

/** Credited money becomes due only of an order that will not be, or because it has been paid back. */
function isKnownMoney(order: Order, { data: { paymentId, amount, reason } }: RefundDue): boolean {
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  if (payment === undefined || payment.amount.currency !== amount.currency) return false;
  const isGivenUp = order.status === "rejected" || order.status === "expired" || order.status === "cancelled";
  const creditedBackMinor = isGivenUp || reason === "paidBack" ? payment.appliedMinor : 0;
  return amount.amountMinor <= parkedMinorOf(payment) + creditedBackMinor;
}

function isDecidable(order: Order, { data: { paymentId, source, amount } }: PaymentDecided): boolean {
  if (source === "kept") {
    const kept = keptMoney(order, paymentId);
    return kept !== null && sameMoney(kept, amount);
  }
  const found = decidablePayment(order, paymentId);
  return found.type === "decidable" && found.source === source && sameMoney(found.amount, amount);
}

/** Only what is parked or due can be given away: never what was credited, and nothing that has gone back. */
function isSpare(order: Order, event: OrderEvent): boolean {
  if (event.type !== "PaymentMoved") return false;
  const { paymentId, amount } = event.data;
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  if (payment === undefined || payment.amount.currency !== amount.currency) return false;
  const spareMinor = parkedMinorOf(payment) > 0 ? parkedMinorOf(payment) : stillDueMinorOf(order, payment);
  return amount.amountMinor > 0 && amount.amountMinor <= spareMinor;
}

/** Whether money that goes back or away leaves the order's money so. */
function leavesMoney(order: Order, event: OrderEvent, status: MoneyStatus): boolean {
  const isAllowed = isSpare(order, event) || isWithinRefundDue(order, event);
  return isAllowed && moneyStatusOf(evolve(order, event)) === status;
}

function isWithinRefundDue(order: Order, event: OrderEvent): boolean {
  if (event.type !== "RefundRecorded") return false;
  const { amountMinor, currency } = event.data.amount;
  return balancesOf(order).some((balance) => balance.currency === currency && amountMinor <= balance.refundDueMinor);
}

const fold = { actions: "fold" } as const;
/** What people decide about money may come at any time. */
const DECISIONS = {
  PaymentDecided: { guard: "isDecidable", actions: "fold" },
  PaymentDecisionRefused: fold,
} as const;

/** The order machine. Its `lifecycle` region equals `order.status`, and its `money` region `moneyStatusOf(order)`. */
export const orderMachine = orderSetup.createMachine({
  id: "order",
  type: "parallel",
  context: NO_ORDER,
  states: {
    lifecycle: {
      initial: "awaitingOrder",
      states: {
        awaitingOrder: {
          meta: {
            owner: "shopper",
            sloSeconds: 600,
            description: "Money came before the order; it waits and is applied once the order comes.",
            movedBy: ["SubmitOrder"],
          },
          on: {
            PaymentReceived: fold,
            PaymentQuarantined: fold,
            OrderReceived: { target: "received", actions: "fold" },
            OrderTurnedAway: { target: "rejected", actions: "fold" },
          },
        },
        received: {
          meta: {
            owner: "payment provider",
            sloSeconds: 600,
            description: "The order is known and priced; it waits for its payment, or for the rest of it.",
            movedBy: ["ReceivePayment", "CancelOrder", "ReachDeadline"],
            sometimesMovedBy: ["DecidePayment", "TakeMovedPayment"],
          },
          on: {
            PaymentReceived: fold,
            PaymentQuarantined: fold,
            PaymentCredited: { guard: "paysInPart", actions: "fold" },
            OrderPaid: { target: "paid", guard: "paysInFull", actions: "fold" },
            OrderRejected: { target: "rejected", actions: "fold" },
            OrderCancelled: { target: "cancelled", actions: "fold" },
            OrderExpired: { target: "expired", actions: "fold" },
          },
        },
        paid: {
          meta: {
            owner: "service",
            sloSeconds: 5,
            description: "A payment was credited to the order.",
            movedBy: [],
          },
          on: { OrderValidated: { target: "validated", guard: "isPaidInFull", actions: "fold" } },
        },
        validated: {
          meta: {
            owner: "service",
            sloSeconds: 5,
            description: "The credited money equals the order's total.",
            movedBy: [],
          },
          on: { OrderConfirmed: { target: "confirmed", guard: "isPaidInFull", actions: "fold" } },
        },
        confirmed: {
          meta: {
            owner: "service",
            sloSeconds: 60,
            description: "The shop has taken the order; the confirmation mail is on its way.",
            movedBy: ["RecordMail"],
          },
          on: {
            PaymentReceived: fold,
            PaymentQuarantined: fold,
            CancellationRefused: fold,
            ConfirmationRefused: fold,
            ConfirmationEmailed: { target: "emailed", actions: "fold" },
          },
        },
        emailed: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "The mail server has taken the confirmation: the order is done.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, PaymentQuarantined: fold, CancellationRefused: fold },
        },
        rejected: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "The order could not be taken, or its payment did not match it.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, PaymentQuarantined: fold, CancellationRefused: fold },
        },
        expired: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "No payment came in time.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, PaymentQuarantined: fold, CancellationRefused: fold },
        },
        cancelled: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "The shopper cancelled the order before it was paid.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, PaymentQuarantined: fold },
        },
      },
    },
    money: {
      initial: "settled",
      states: {
        settled: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "No money has to go back.",
            movedBy: [],
            sometimesMovedBy: ["DecidePayment"],
          },
          on: {
            ...DECISIONS,
            PaymentMoved: { guard: "isSpare", actions: "fold" },
            RefundDue: { target: "refundDue", guard: "isKnownMoney", actions: "fold" },
          },
        },
        refundDue: {
          meta: {
            owner: "support",
            sloSeconds: 86_400,
            description: "Money that the order does not keep must go back to the customer.",
            movedBy: ["RecordRefund"],
            // Only as long as nobody has decided that it goes back.
            sometimesMovedBy: ["DecidePayment"],
          },
          on: {
            ...DECISIONS,
            PaymentMoved: [
              { target: "settled", guard: "leavesNothingDue", actions: "fold" },
              { target: "partlyRefunded", guard: "leavesAPartKept", actions: "fold" },
              { target: "refunded", guard: "leavesOnlyRefunds", actions: "fold" },
              { guard: "isSpare", actions: "fold" },
            ],
            RefundDue: { guard: "isKnownMoney", actions: "fold" },
            RefundRecorded: [
              { target: "partlyRefunded", guard: "leavesAPartKept", actions: "fold" },
              { target: "refunded", guard: "leavesOnlyRefunds", actions: "fold" },
              { guard: "isWithinRefundDue", actions: "fold" },
            ],
          },
        },
        partlyRefunded: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "Money has gone back, and the order keeps the rest of it.",
            movedBy: [],
            sometimesMovedBy: ["DecidePayment"],
          },
          on: {
            ...DECISIONS,
            PaymentMoved: [
              { target: "refunded", guard: "leavesOnlyRefunds", actions: "fold" },
              { guard: "isSpare", actions: "fold" },
            ],
            RefundDue: { target: "refundDue", guard: "isKnownMoney", actions: "fold" },
          },
        },
        refunded: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "All money that came has gone back.",
            movedBy: [],
            sometimesMovedBy: ["DecidePayment"],
          },
          on: {
            ...DECISIONS,
            // The lifecycle folds it.
            PaymentReceived: "partlyRefunded",
          },
        },
      },
    },
  },
});

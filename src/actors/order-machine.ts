/**
 * The lifecycle of an order, driven by stored events. `decide` proposes events; a transition that is not
 * here is a bug and crashes, so no code path can take an order where its life does not lead. The machine
 * has no `after`, `invoke` or `spawn`: deadlines are events too, and replay must do nothing but fold.
 */
import { assign, setup } from "xstate";
import type { OrderEvent } from "../domain/events.ts";
import type { Message } from "../domain/messages.ts";
import { sameMoney, sumMinor } from "../domain/money.ts";
import { balancesOf, evolve, moneyStatusOf, NO_ORDER, type Order } from "../domain/order.ts";

/** What people who look after orders must know about a state; dashboards and help texts are made from it. */
export interface StateMeta {
  /** Who has to act for the order to leave this state; null when nobody has to. */
  readonly owner: "shopper" | "payment provider" | "service" | "support" | null;
  /** How long an order may stay here before somebody should look, in seconds; null for no limit. */
  readonly sloSeconds: number | null;
  readonly description: string;
  /** The messages that move the order on from here. */
  readonly movedBy: readonly Message["type"][];
}

const orderSetup = setup({
  types: {} as { context: Order; events: OrderEvent; meta: StateMeta },
  actions: {
    fold: assign(({ context, event }) => evolve(context, event)),
  },
  guards: {
    paysInFull: ({ context, event }) => event.type === "OrderPaid" && paysInFull(context, event.data.paymentId),
    isPaidInFull: ({ context }) => isPaidInFull(context),
    isKnownPayment: ({ context, event }) =>
      event.type === "RefundDue" && context.payments.some(({ paymentId }) => paymentId === event.data.paymentId),
    settlesRefund: ({ context, event }) =>
      isWithinRefundDue(context, event) && moneyStatusOf(evolve(context, event)) === "refunded",
    isWithinRefundDue: ({ context, event }) => isWithinRefundDue(context, event),
  },
});

function paysInFull(order: Order, paymentId: string): boolean {
  const payment = order.payments.find((candidate) => candidate.paymentId === paymentId);
  const total = order.details?.total;
  return payment?.disposition === "parked" && !!total && sameMoney(payment.amount, total);
}

function isPaidInFull(order: Order): boolean {
  const total = order.details?.total;
  if (!total) return false;
  const applied = order.payments.filter(
    ({ disposition, amount }) => disposition === "applied" && amount.currency === total.currency,
  );
  return sumMinor(applied.map(({ amount }) => amount.amountMinor)) === total.amountMinor;
}

function isWithinRefundDue(order: Order, event: OrderEvent): boolean {
  if (event.type !== "RefundRecorded") return false;
  const { amountMinor, currency } = event.data.amount;
  return balancesOf(order).some((balance) => balance.currency === currency && amountMinor <= balance.refundDueMinor);
}

const fold = { actions: "fold" } as const;

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
            OrderReceived: { target: "received", actions: "fold" },
            OrderTurnedAway: { target: "rejected", actions: "fold" },
          },
        },
        received: {
          meta: {
            owner: "payment provider",
            sloSeconds: 600,
            description: "The order is known and priced; it waits for its payment.",
            movedBy: ["ReceivePayment", "CancelOrder", "ReachDeadline"],
          },
          on: {
            PaymentReceived: fold,
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
          on: { PaymentReceived: fold, CancellationRefused: fold },
        },
        rejected: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "The order could not be taken, or its payment did not match it.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, CancellationRefused: fold },
        },
        expired: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "No payment came in time.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, CancellationRefused: fold },
        },
        cancelled: {
          meta: {
            owner: null,
            sloSeconds: null,
            description: "The shopper cancelled the order before it was paid.",
            movedBy: [],
          },
          on: { PaymentReceived: fold, CancellationRefused: fold },
        },
      },
    },
    money: {
      initial: "settled",
      states: {
        settled: {
          meta: { owner: null, sloSeconds: null, description: "No money has to go back.", movedBy: [] },
          on: { RefundDue: { target: "refundDue", guard: "isKnownPayment", actions: "fold" } },
        },
        refundDue: {
          meta: {
            owner: "support",
            sloSeconds: 86_400,
            description: "Money that the order does not keep must go back to the customer.",
            movedBy: ["RecordRefund"],
          },
          on: {
            RefundDue: { guard: "isKnownPayment", actions: "fold" },
            RefundRecorded: [
              { target: "refunded", guard: "settlesRefund", actions: "fold" },
              { guard: "isWithinRefundDue", actions: "fold" },
            ],
          },
        },
        refunded: {
          meta: { owner: null, sloSeconds: null, description: "All money that was due has gone back.", movedBy: [] },
          on: { RefundDue: { target: "refundDue", guard: "isKnownPayment", actions: "fold" } },
        },
      },
    },
  },
});

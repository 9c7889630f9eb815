/** What an order makes of money that a webhook told of: its id is kept, and stands for one fact. */
import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../src/domain/events.ts";
import { given } from "../../support/given-when-then.ts";
import { ORDER_RECEIVED, settledBy } from "../../support/order-events.ts";
import { euros, PAID_AT, receivePayment, recordRefund, TOTAL } from "../../support/order-messages.ts";

const webhookId = "msg_1";
const RECEIVED_BY_WEBHOOK: OrderEvent = {
  type: "PaymentReceived",
  data: { paymentId: "payment-1", amount: TOTAL, paidAt: PAID_AT, webhookId },
};
const paid = () => given(ORDER_RECEIVED, RECEIVED_BY_WEBHOOK, ...settledBy());
const DUE: readonly OrderEvent[] = [
  ORDER_RECEIVED,
  { type: "OrderCancelled", data: { reason: null } },
  RECEIVED_BY_WEBHOOK,
  { type: "RefundDue", data: { paymentId: "payment-1", amount: TOTAL, reason: "cancelled" } },
];

describe("a payment that a webhook told of", () => {
  test("keeps the webhook's id with the payment", () => {
    const order = given(ORDER_RECEIVED)
      .when(receivePayment({ webhookId }))
      .thenEvents(RECEIVED_BY_WEBHOOK, ...settledBy());
    expect(order.payments).toMatchObject([{ paymentId: "payment-1", webhookId }]);
  });

  test("that comes again changes nothing, by the webhook, by another one or without one", () => {
    paid().when(receivePayment({ webhookId })).thenNothing();
    paid()
      .when(receivePayment({ webhookId: "msg_2" }))
      .thenNothing();
    paid().when(receivePayment()).thenNothing();
  });

  test("that comes again with another amount is quarantined, with the webhook's id", () => {
    const other = { paymentId: "payment-1", amount: euros(1), paidAt: PAID_AT, webhookId };
    const order = paid()
      .when(receivePayment({ amount: euros(1), webhookId }))
      .thenEventsBecauseOf("payment:payment-1~1EUR", {
        type: "PaymentQuarantined",
        data: { ...other, earlierAmount: TOTAL },
      });
    expect(order.quarantined).toEqual([other]);
  });
});

describe("a webhook that told of a payment", () => {
  test("is refused when it tells of another payment", () => {
    paid()
      .when(receivePayment({ paymentId: "payment-2", webhookId }))
      .thenRefused("webhook_id_reused");
  });

  test("is refused when it tells of a refund", () => {
    given(...DUE)
      .when(recordRefund({ webhookId }))
      .thenRefused("webhook_id_reused");
  });

  test("does not hinder other webhooks, or messages without one", () => {
    const due = { type: "RefundDue", data: { paymentId: "payment-2", amount: TOTAL, reason: "notAwaitingPayment" } };
    for (const by of [{ webhookId: "msg_2" }, {}]) {
      paid()
        .when(receivePayment({ paymentId: "payment-2", ...by }))
        .thenEvents(
          { type: "PaymentReceived", data: { paymentId: "payment-2", amount: TOTAL, paidAt: PAID_AT, ...by } },
          due as OrderEvent,
        );
    }
  });
});

describe("a refund that a webhook told of", () => {
  test("keeps the webhook's id, and takes effect once", () => {
    const recorded: OrderEvent = {
      type: "RefundRecorded",
      data: { refundId: "refund-1", amount: TOTAL, webhookId: "msg_2" },
    };
    given(...DUE)
      .when(recordRefund({ webhookId: "msg_2" }))
      .thenEvents(recorded);
    given(...DUE, recorded)
      .when(recordRefund({ webhookId: "msg_2" }))
      .thenNothing();
    given(...DUE, recorded)
      .when(recordRefund({ refundId: "refund-2", webhookId: "msg_2" }))
      .thenRefused("webhook_id_reused");
    given(...DUE, recorded)
      .when(receivePayment({ paymentId: "payment-2", webhookId: "msg_2" }))
      .thenRefused("webhook_id_reused");
  });
});

/** The ways in: submit, pay, refund, cancel. Each is answered 202 only once it is durable in the log. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { onRequestHookHandler } from "fastify";
import type { FrontDoor, Refused } from "../../actors/front-door.ts";
import type { Clock } from "../../actors/ports.ts";
import {
  CancelBody,
  OrderParameters,
  PaymentBody,
  RefundBody,
  SubmitOrderBody,
  SubmitOrderHeaders,
} from "../../schemas/order-requests.ts";
import { AcceptedCancellation, AcceptedOrder, AcceptedPayment, AcceptedRefund } from "../../schemas/order-views.ts";
import { problemResponses } from "../openapi.ts";
import { pastInstant } from "../past-instant.ts";
import { Problem } from "../problems.ts";

export interface OrderCommandDeps {
  readonly frontDoor: FrontDoor;
  readonly clock: Clock;
  /** False where payments and refunds are taken from signed webhooks and from topics alone. */
  readonly demoPayments: boolean;
}

const UNAVAILABLE = ["log_unavailable", "store_unavailable", "outcome_unknown"] as const;
const BAD_BODY = ["invalid_request", "invalid_json", "body_too_large", "unsupported_media_type"] as const;

export const orderCommandRoutes: FastifyPluginAsyncTypebox<OrderCommandDeps> = async (
  app,
  { frontDoor, clock, demoPayments },
) => {
  const onlyInDemo: onRequestHookHandler = (_request, _reply, done) => {
    done(
      demoPayments ? undefined : new Problem("demo_payments_disabled", "Payments come here by signed webhooks only."),
    );
  };

  app.post(
    "/orders",
    {
      schema: {
        operationId: "submitOrder",
        tags: ["orders"],
        summary: "Submit an order",
        description:
          "Takes an order and prices it from the catalogue. With an `Idempotency-Key` a repeat gives the same order; " +
          "without one every request is a new order.",
        headers: SubmitOrderHeaders,
        body: SubmitOrderBody,
        response: {
          202: { ...AcceptedOrder, headers: { location: { type: "string", description: "The path of the order" } } },
          ...problemResponses(...BAD_BODY, "unknown_item", "total_too_large", "idempotency_key_reused", ...UNAVAILABLE),
        },
      },
    },
    async (request, reply) => {
      const { customer, items } = request.body;
      const idempotencyKey = request.headers["idempotency-key"];
      const answer = accepted(
        await frontDoor.submit(
          idempotencyKey === undefined ? { customer, items } : { customer, items, idempotencyKey },
        ),
      );
      reply.code(202).header("location", `/orders/${answer.orderId}`);
      return { orderId: answer.orderId, status: answer.status, total: answer.total };
    },
  );

  app.post(
    "/orders/:orderId/payments",
    {
      onRequest: onlyInDemo,
      schema: {
        operationId: "payOrder",
        tags: ["orders"],
        summary: "Report a payment",
        description:
          "What the payment provider of a demo calls, without a signature (DEMO_PAYMENTS). The order may not have come yet: the money waits for it. A payment must settle " +
          "what is outstanding; one of another amount or currency is taken too, rejects the order and is then due back to " +
          "the customer. Payments that are marked as partial add up, and only what is too much goes back.",
        params: OrderParameters,
        body: PaymentBody,
        response: {
          202: AcceptedPayment,
          ...problemResponses(...BAD_BODY, "order_not_found", "demo_payments_disabled", ...UNAVAILABLE),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const { paymentId, amountMinor, currency, paidAt, partial = false } = request.body;
      const payment = { orderId, paymentId, amount: { amountMinor, currency }, partial };
      await frontDoor.pay(
        paidAt === undefined ? payment : { ...payment, paidAt: pastInstant(paidAt, "/paidAt", clock.nowMs()) },
      );
      reply.code(202);
      return { paymentId, orderId };
    },
  );

  app.post(
    "/orders/:orderId/refunds",
    {
      onRequest: onlyInDemo,
      schema: {
        operationId: "refundOrder",
        tags: ["orders"],
        summary: "Report a refund",
        description:
          "What the payment provider of a demo calls once money went back, without a signature (DEMO_PAYMENTS), before or " +
          "after the confirmation, in whole or in part. What is due goes back first; more than that is taken from what the " +
          "order keeps, and never more than came in.",
        params: OrderParameters,
        body: RefundBody,
        response: {
          202: AcceptedRefund,
          ...problemResponses(
            ...BAD_BODY,
            "order_not_found",
            "demo_payments_disabled",
            "refund_exceeds_received",
            "refund_id_reused",
            ...UNAVAILABLE,
          ),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const { refundId, amountMinor, currency } = request.body;
      accepted(await frontDoor.refund({ orderId, refundId, amount: { amountMinor, currency } }));
      reply.code(202);
      return { refundId, orderId };
    },
  );

  app.post(
    "/orders/:orderId/cancel",
    {
      preValidation(request, _reply, done) {
        request.body ??= {};
        done();
      },
      schema: {
        operationId: "cancelOrder",
        tags: ["orders"],
        summary: "Ask for a cancellation",
        description:
          "An order can be cancelled until it is paid. A payment may still be faster than a cancellation that was taken: read " +
          "the order, or the event under its `commandId`, to see which came first.",
        params: OrderParameters,
        body: CancelBody,
        response: {
          202: AcceptedCancellation,
          ...problemResponses(...BAD_BODY, "order_not_found", "order_not_cancellable", ...UNAVAILABLE),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const { commandId } = accepted(await frontDoor.cancel({ orderId, reason: request.body.reason ?? null }));
      reply.code(202);
      return { orderId, commandId };
    },
  );
};

function accepted<Answer extends { readonly type: "accepted" }>(answer: Answer | Refused): Answer {
  if (answer.type === "refused") throw new Problem(answer.code, answer.detail);
  return answer;
}

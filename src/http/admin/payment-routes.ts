/** The payment desk: money that the rules could not place, the orders that it may be for, and what people decide. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type, { type Static } from "typebox";
import type { DeskPlace, DeskReader, ShownDeskPayment } from "../../actors/desk-reader.ts";
import type { PaymentDecisions } from "../../actors/payment-decisions.ts";
import {
  AcceptedDecision,
  DecisionBody,
  DeskDetailSchema,
  DeskKindWord,
  DeskPageSchema,
  type DeskPaymentSchema,
  DeskStateWord,
} from "../../schemas/desk-views.ts";
import { PaymentName } from "../../schemas/identifiers.ts";
import { OrderId } from "../../schemas/order-id.ts";
import { operatorResponses } from "../openapi.ts";
import { Problem } from "../problems.ts";
import { operatorOf, requireRole } from "./operator-guard.ts";

export interface PaymentDeskDeps {
  readonly desk: DeskReader;
  readonly decisions: PaymentDecisions;
}

const DEFAULT_PAGE = 50;
const PLACE = /^(\d{1,15})\/([0-9a-f-]{36}\/[A-Za-z0-9._:~-]{1,256})$/;
const BAD_BODY = ["invalid_request", "invalid_json", "body_too_large", "unsupported_media_type"] as const;
const UNAVAILABLE = ["log_unavailable", "store_unavailable", "outcome_unknown"] as const;

const ListQuery = Type.Object(
  {
    kind: Type.Optional(DeskKindWord),
    state: Type.Optional(DeskStateWord),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "How many payments a page holds; 50 when it is left out" }),
    ),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: "`next` of the page before" })),
  },
  { additionalProperties: false },
);
const PaymentParameters = Type.Object({ orderId: OrderId, paymentId: PaymentName });

export const paymentDeskRoutes: FastifyPluginAsyncTypebox<PaymentDeskDeps> = async (app, { desk, decisions }) => {
  app.get(
    "/admin/payments",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "listDeskPayments",
        tags: ["operators"],
        summary: "List payments that somebody must look at",
        description: "Open ones by default, those that have waited longest first; others with `state`, newest first.",
        querystring: ListQuery,
        response: {
          200: DeskPageSchema,
          ...operatorResponses("invalid_request", "invalid_cursor", "store_unavailable"),
        },
      },
    },
    async (request) => {
      const { kind, state = "open", limit = DEFAULT_PAGE, cursor } = request.query;
      const page = await desk.list({
        state,
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(cursor === undefined ? {} : { after: placeOf(cursor) }),
      });
      return { payments: page.payments.map(shown), next: page.next === null ? null : cursorOf(page.next) };
    },
  );

  app.get(
    "/admin/payments/:orderId/:paymentId",
    {
      onRequest: requireRole("viewer"),
      schema: {
        operationId: "getDeskPayment",
        tags: ["operators"],
        summary: "Read one payment, with the orders that it may be for",
        params: PaymentParameters,
        response: {
          200: DeskDetailSchema,
          ...operatorResponses("invalid_request", "payment_not_found", ...UNAVAILABLE),
        },
      },
    },
    async (request) => {
      const { orderId, paymentId } = request.params;
      const found = await desk.get(orderId, paymentId);
      if (found === null) {
        throw new Problem("payment_not_found", `Order ${orderId} has no payment ${paymentId} that needs anybody.`);
      }
      const suggestions = found.suggestions.map(({ order, outstanding, because }) => ({
        order: { ...order },
        outstanding,
        because: [...because],
      }));
      return { payment: shown(found.payment), suggestions };
    },
  );

  app.post(
    "/admin/payments/:orderId/:paymentId/decisions",
    {
      onRequest: requireRole("support"),
      schema: {
        operationId: "decidePayment",
        tags: ["operators"],
        summary: "Decide about a payment",
        description:
          "`accept` makes a quarantined payment money of its order, or gives money to the order that `toOrderId` names and that " +
          "waits for it. `refund` makes the money due back. `reject` closes a quarantined payment that was no money. The answer " +
          "comes once the decision is durable; its effect can be read soon after. One that no longer fits then is shown as `refused`.",
        params: PaymentParameters,
        body: DecisionBody,
        response: {
          202: AcceptedDecision,
          ...operatorResponses(
            ...BAD_BODY,
            "payment_not_found",
            "order_not_found",
            "decision_not_possible",
            ...UNAVAILABLE,
          ),
        },
      },
    },
    async (request, reply) => {
      const { orderId, paymentId } = request.params;
      const answer = await decisions.decide({ orderId, paymentId, ...request.body, operator: operatorOf(request) });
      if (answer.type === "refused") throw new Problem(answer.code, answer.detail);
      reply.code(202);
      return { orderId, paymentId, commandId: answer.commandId };
    },
  );
};

/** The schema leaves out what only the view needs, such as its sort key. */
function shown(payment: ShownDeskPayment): Static<typeof DeskPaymentSchema> {
  const { earlierAmount = null } = payment;
  return { ...payment, earlierAmount, order: payment.order === null ? null : { ...payment.order } };
}

function cursorOf({ lookAtMs, id }: DeskPlace): string {
  return Buffer.from(`${lookAtMs}/${id}`).toString("base64url");
}

/** Anybody who may list may begin anywhere, so a place needs no seal, only its form. */
function placeOf(cursor: string): DeskPlace {
  const [, lookAtMs, id] = PLACE.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (lookAtMs === undefined || id === undefined) {
    throw new Problem("invalid_cursor", "Pass `next` of the page before, unchanged.");
  }
  return { lookAtMs: Number(lookAtMs), id };
}

/**
 * What payment providers call by themselves: a webhook signed as Standard Webhooks defines. Who sent it is checked on the
 * bytes as they came, before anything reads them; it is answered 202 only once it is durable in the log.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import type { PaymentWebhooks } from "../../actors/payment-webhooks.ts";
import type { Clock } from "../../actors/ports.ts";
import type { ReceivePayment, RecordRefund } from "../../domain/messages.ts";
import {
  AcknowledgedWebhook,
  OtherWebhook,
  PAYMENT_RECEIVED,
  PAYMENT_REFUNDED,
  PaymentReceivedWebhook,
  PaymentRefundedWebhook,
  PaymentWebhook,
  WebhookHeaders,
} from "../../schemas/payment-webhook.ts";
import { createJsonReader, keepJsonBytes } from "../json-body.ts";
import { problemResponses } from "../openapi.ts";
import { realInstant } from "../past-instant.ts";
import { Problem } from "../problems.ts";
import { verifyWebhook } from "../standard-webhooks.ts";
import { compileValidator } from "../validation.ts";

export interface PaymentWebhookDeps {
  readonly paymentWebhooks: PaymentWebhooks;
  /** Any of them may have signed a webhook; without one, no webhook is taken. */
  readonly secrets: readonly Uint8Array[];
}

const EMPTY = Buffer.alloc(0);

export const paymentWebhookRoutes: FastifyPluginAsyncTypebox<PaymentWebhookDeps & { readonly clock: Clock }> = async (
  app,
  { paymentWebhooks, secrets, clock },
) => {
  keepJsonBytes(app);
  const readJson = createJsonReader(app);

  app.post(
    "/webhooks/payments",
    {
      validatorCompiler: compileByType,
      onRequest(_request, _reply, done) {
        done(secrets.length > 0 ? undefined : disabled());
      },
      preValidation(request, reply, done) {
        const bytes = ((request as FastifyRequest).body as Buffer | undefined) ?? EMPTY;
        const verification = verifyWebhook({ headers: request.headers, body: bytes }, secrets, clock.nowMs());
        if (verification.type === "refused") {
          reply.header("www-authenticate", "StandardWebhooks");
          done(new Problem(verification.code, verification.detail));
          return;
        }
        readJson(request, bytes, (error, value) => {
          (request as FastifyRequest).body = value;
          done(error ?? undefined);
        });
      },
      schema: {
        operationId: "takePaymentWebhook",
        tags: ["webhooks"],
        summary: "Tell of a payment or a refund by a signed webhook",
        description:
          "What a payment provider calls, signed as Standard Webhooks 1.0.0 defines, with a secret of " +
          "PAYMENT_WEBHOOK_SECRETS. It may come late, repeatedly and before its order. What an order cannot take becomes a " +
          "dead letter, and is not refused here; a time that is too far from ours counts as none. A webhook of another type is acknowledged and ignored.",
        headers: WebhookHeaders,
        body: PaymentWebhook,
        response: {
          200: { ...AcknowledgedWebhook, description: "The type means nothing here, and nothing was done" },
          202: { ...AcknowledgedWebhook, description: "What the webhook tells is durable" },
          ...problemResponses(
            "invalid_request",
            "invalid_json",
            "body_too_large",
            "unsupported_media_type",
            "webhooks_disabled",
            "webhook_unsigned",
            "webhook_stale",
            "webhook_signature_invalid",
            "webhook_id_reused",
            "log_unavailable",
            "store_unavailable",
            "outcome_unknown",
          ),
        },
      },
    },
    async (request, reply: FastifyReply) => {
      const webhookId = request.headers["webhook-id"];
      const told = messageOf(request.body);
      if (told !== null) {
        const answer = await paymentWebhooks.take(webhookId, told);
        if (answer.type === "refused") throw new Problem(answer.code, answer.detail);
      }
      reply.code(told === null ? 200 : 202);
      return { webhookId };
    },
  );
};

function disabled(): Problem {
  return new Problem("webhooks_disabled", "No secret is configured: set PAYMENT_WEBHOOK_SECRETS to take webhooks.");
}

type Webhook = PaymentReceivedWebhook | PaymentRefundedWebhook | { readonly type: string };

/** What the webhook tells, as a message to its order; null for a type that means nothing here. */
function messageOf(webhook: Webhook): ReceivePayment | RecordRefund | null {
  if (isReceived(webhook)) {
    const { orderId, paymentId, amountMinor, currency, paidAt, partial = false } = webhook.data;
    // Signed money is never refused for its time: where nobody can believe that, it counts as of when the log stored it.
    const when =
      paidAt === undefined ? realInstant(webhook.timestamp, "/timestamp") : realInstant(paidAt, "/data/paidAt");
    const payment = {
      type: "ReceivePayment",
      orderId,
      paymentId,
      amount: { amountMinor, currency },
      paidAt: when,
    } as const;
    return partial ? { ...payment, partial } : payment;
  }
  if (isRefunded(webhook)) {
    const { orderId, refundId, amountMinor, currency } = webhook.data;
    return { type: "RecordRefund", orderId, refundId, amount: { amountMinor, currency } };
  }
  return null;
}

function isReceived(webhook: Webhook): webhook is PaymentReceivedWebhook {
  return webhook.type === PAYMENT_RECEIVED;
}

function isRefunded(webhook: Webhook): webhook is PaymentRefundedWebhook {
  return webhook.type === PAYMENT_REFUNDED;
}

/** Checks a body against the schema of its type alone, so that an answer names the field that is wrong. */
const compileByType: FastifySchemaCompiler<TSchema> = (route) => {
  if (route.httpPart !== "body") return compileValidator(route);
  const received = compileValidator({ ...route, schema: PaymentReceivedWebhook });
  const refunded = compileValidator({ ...route, schema: PaymentRefundedWebhook });
  const other = compileValidator({ ...route, schema: OtherWebhook });
  return (value: unknown) => {
    const { type } = (value ?? {}) as { readonly type?: unknown };
    const validate = type === PAYMENT_RECEIVED ? received : type === PAYMENT_REFUNDED ? refunded : other;
    return validate(value);
  };
};

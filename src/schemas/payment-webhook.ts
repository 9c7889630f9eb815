/**
 * What a payment provider tells by webhook, in the shape that Standard Webhooks recommends. Unlike a request, a webhook
 * may have fields that are not known here: its sender adds some over time, and cannot be asked to leave them out.
 */
import Type, { type Static } from "typebox";
import { BusinessId, WebhookId } from "./identifiers.ts";
import { Instant } from "./instant.ts";
import { Currency, PaidAmountMinor } from "./money.ts";
import { OrderId } from "./order-id.ts";
import { Partial } from "./order-requests.ts";

export const PAYMENT_RECEIVED = "payment.received";
export const PAYMENT_REFUNDED = "payment.refunded";

const happenedAt = Instant("When it happened, with an offset");

export const PaymentReceivedWebhook = Type.Object(
  {
    type: Type.Literal(PAYMENT_RECEIVED),
    timestamp: happenedAt,
    data: Type.Object({
      orderId: OrderId,
      paymentId: BusinessId("The payment provider's id; a repeat of it changes nothing", "pay_5f2c9d"),
      amountMinor: PaidAmountMinor,
      currency: Currency,
      paidAt: Type.Optional(Instant("When the customer paid; `timestamp` when it is left out")),
      partial: Type.Optional(Partial),
    }),
  },
  { description: "Money came for an order" },
);

export const PaymentRefundedWebhook = Type.Object(
  {
    type: Type.Literal(PAYMENT_REFUNDED),
    timestamp: happenedAt,
    data: Type.Object({
      orderId: OrderId,
      refundId: BusinessId("The payment provider's id; a repeat of it changes nothing", "ref_81b2aa"),
      amountMinor: PaidAmountMinor,
      currency: Currency,
    }),
  },
  { description: "Money of an order went back to the customer" },
);

export const OtherWebhook = Type.Object(
  {
    type: Type.String({
      pattern: "^(?!payment\\.(?:received|refunded)$).{1,255}$",
      description: "Any other type",
      examples: ["payout.sent"],
    }),
  },
  { description: "Anything else: it is acknowledged, and nothing follows from it" },
);

export const PaymentWebhook = Type.Union([PaymentReceivedWebhook, PaymentRefundedWebhook, OtherWebhook]);

export type PaymentReceivedWebhook = Static<typeof PaymentReceivedWebhook>;
export type PaymentRefundedWebhook = Static<typeof PaymentRefundedWebhook>;

export const WebhookHeaders = Type.Object({
  "webhook-id": WebhookId,
  "webhook-timestamp": Type.String({
    description: "When this attempt was made, in seconds since 1970: at most five minutes from the service's clock",
    examples: ["1795253400"],
  }),
  "webhook-signature": Type.String({
    description: "One or more signatures with their versions, separated by spaces. Those of the version v1 count",
    examples: ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
  }),
});

export const AcknowledgedWebhook = Type.Object({ webhookId: Type.String() });

/** What the HTTP API answers about orders. Each schema with an `$id` is a component of the OpenAPI document. */
import Type, { type TSchema } from "typebox";
import { OrderId } from "./order-id.ts";
import { MoneyStatusWord, ShownStatusWord } from "./order-status.ts";

const time = (description: string) => Type.String({ description, examples: ["2026-11-21T09:30:00.000Z"] });
/** Whatever currency is stored is shown, so its code is not checked again. */
const Money = Type.Object(
  {
    amountMinor: Type.Integer({ minimum: 0, description: "Whole minor units of the currency", examples: [2750] }),
    currency: Type.String({ description: "An ISO 4217 code", examples: ["EUR"] }),
  },
  { description: "An amount of money in whole minor units" },
);
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);

export const OrderSchema = Type.Object(
  {
    orderId: OrderId,
    status: ShownStatusWord,
    customer: orNull(Type.Object({ name: Type.String(), email: Type.String() })),
    items: Type.Array(
      Type.Object({
        sku: Type.String(),
        quantity: Type.Integer(),
        name: Type.Optional(Type.String({ description: "The article's name when the order was received" })),
        unitPriceMinor: Type.Optional(Type.Integer({ description: "Its price then, in minor units" })),
      }),
    ),
    total: orNull(Money),
    paid: orNull(Money),
    money: MoneyStatusWord,
    refundDue: Type.Array(Money, { description: "What must go back to the customer, one amount for each currency" }),
    reason: Type.Union([Type.String(), Type.Null()], {
      description: "Why the order was rejected or cancelled, or its mail refused",
    }),
    version: Type.Integer({ minimum: 0, description: "The number of the order's last event; also its ETag" }),
    receivedAt: time("When the order was received, in UTC"),
    updatedAt: time("When the order last moved, in UTC"),
  },
  { $id: "Order", description: "An order as it is now" },
);

export const TimelineEventSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1, description: "The number of the event within its order" }),
    type: Type.String({ examples: ["OrderReceived"] }),
    occurredAt: time("When the event was stored, in UTC"),
    data: Type.Object({}, { additionalProperties: true }),
    causeId: Type.String({ description: "What the event follows from", examples: ["payment:pay_5f2c9d"] }),
  },
  { $id: "TimelineEvent", description: "A fact of an order" },
);

export const CatalogueSchema = Type.Object(
  {
    currency: Type.String({ description: "The ISO 4217 code of every price", examples: ["EUR"] }),
    items: Type.Array(
      Type.Object({
        sku: Type.String({ examples: ["margherita"] }),
        name: Type.String({ examples: ["Pizza Margherita"] }),
        description: Type.String(),
        priceMinor: Type.Integer({ minimum: 0, description: "In minor units", examples: [950] }),
      }),
    ),
  },
  { $id: "Catalogue", description: "What the shop sells" },
);

export const AcceptedOrder = Type.Object(
  { orderId: OrderId, status: ShownStatusWord, total: Money },
  { description: "The order is stored. Nothing acknowledged is lost" },
);
export const AcceptedPayment = Type.Object({ paymentId: Type.String(), orderId: OrderId });
export const AcceptedRefund = Type.Object({ refundId: Type.String(), orderId: OrderId });
export const AcceptedCancellation = Type.Object({
  orderId: OrderId,
  commandId: Type.String({
    description:
      "The events with the `causeId` `command:` and this id say how it ended: `OrderCancelled`, or " +
      "`CancellationRefused` where a payment or the deadline was faster. None: the order was cancelled already",
    examples: ["0192f0c4-8a57-4b6e-9d0c-3f5a1e7b2c11"],
  }),
});

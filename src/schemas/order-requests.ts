/** What the HTTP API accepts about orders. Unknown fields are refused, and nothing is converted. */
import Type from "typebox";
import { Customer, Email, Reason } from "./customer.ts";
import { BusinessId } from "./identifiers.ts";
import { Instant } from "./instant.ts";
import { Currency, PaidAmountMinor } from "./money.ts";
import { OrderId } from "./order-id.ts";
import { OrderStatusWord, ShownStatusWord } from "./order-status.ts";
import { RequestedItems } from "./requested-items.ts";

/** The longest that a reading of an order waits. */
export const MAX_WAIT_S = 30;

export const OrderParameters = Type.Object({ orderId: OrderId });

export const SubmitOrderHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[\\x21-\\x7e]{1,255}$",
      description:
        "Makes a repeat harmless: the same key and body give the same order. 1 to 255 visible ASCII characters",
      examples: ["checkout-2026-11-21-0001"],
    }),
  ),
});

export const SubmitOrderBody = Type.Object(
  { customer: Customer, items: RequestedItems },
  { additionalProperties: false, description: "An order. The service prices it from its catalogue" },
);

/** Whether a payment is a deposit or a part of a split payment. */
export const Partial = Type.Boolean({
  description: "True for a deposit or a part: parts add up. Otherwise a payment must settle what is outstanding",
});

export const PaymentBody = Type.Object(
  {
    paymentId: BusinessId("The payment provider's id; a repeat of it changes nothing", "pay_5f2c9d"),
    amountMinor: PaidAmountMinor,
    currency: Currency,
    paidAt: Type.Optional(
      Instant("When the customer paid, with an offset, from 366 days ago to 5 minutes ahead; now when it is left out"),
    ),
    partial: Type.Optional(Partial),
  },
  { additionalProperties: false, description: "A payment for one order" },
);

export const RefundBody = Type.Object(
  {
    refundId: BusinessId("The payment provider's id; a repeat of it changes nothing", "ref_81b2aa"),
    amountMinor: PaidAmountMinor,
    currency: Currency,
  },
  { additionalProperties: false, description: "Money that went back to the customer of one order" },
);

export const CancelBody = Type.Object(
  { reason: Type.Optional(Reason) },
  { additionalProperties: false, description: "A cancellation. The body may be left out" },
);

export const ReadOrderQuery = Type.Object(
  {
    until: Type.Optional(ShownStatusWord),
    wait: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: MAX_WAIT_S,
        description: "How many seconds to wait for `until`",
        examples: [10],
      }),
    ),
  },
  { additionalProperties: false },
);

export const ListOrdersQuery = Type.Object(
  {
    status: Type.Optional(OrderStatusWord),
    customerEmail: Type.Optional(Email),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "How many orders a page holds; 50 when it is left out" }),
    ),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description: "`next` of the page before; it belongs to the same filters",
      }),
    ),
  },
  { additionalProperties: false },
);

/** What the API answers to "why is this order waiting?". */
import Type from "typebox";
import { DeskKindWord } from "./desk-views.ts";
import { MailSchema } from "./mail-views.ts";
import { Money } from "./money.ts";
import { oneOf } from "./one-of.ts";
import { OrderId } from "./order-id.ts";
import { MoneyStatusWord, ShownStatusWord } from "./order-status.ts";

const instant = (description: string) => Type.String({ description, examples: ["2026-11-21T09:30:00.000Z"] });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const Mover = Type.Object({
  message: Type.String({ examples: ["ReceivePayment"] }),
  from: oneOf({
    shopper: "the customer",
    "payment provider": "whoever takes the money",
    service: "it comes by itself",
    support: "somebody behind the counter",
  }),
  meaning: Type.String(),
});

const Deadline = Type.Object({
  at: instant("A payment made after this no longer counts"),
  expiresFrom: instant("Unpaid, it expires then at the earliest, since payments have time to arrive"),
  watermark: Type.Union([instant("How far in time the order's shard has come"), Type.Null()]),
  waitsFor: Type.Array(Type.String(), { description: "Topics that have to be read before the deadline can fire" }),
});

const Shard = Type.Object({
  shard: Type.Integer(),
  unreadMessages: Type.Integer(),
  oldestUnreadSeconds: Type.Union([Type.Number(), Type.Null()], { description: "Null when it cannot be told" }),
});

const Mail = Type.Object({
  state: MailSchema.properties.state,
  attempts: Type.Integer(),
  nextTryAt: orNull(instant("When it is tried again, in UTC")),
  isHeld: Type.Boolean({ description: "Somebody has to decide what becomes of it" }),
});

const Usually = Type.Object({
  p50Seconds: Type.Number({ description: "Half of the orders took no longer" }),
  p95Seconds: Type.Number({ description: "19 of 20 orders took no longer" }),
  orders: Type.Integer({ description: "How many orders that left this state this says" }),
  from: instant("When the first of the orders that were looked at was received"),
  to: instant("When the last of them was received"),
});

const fields = {
  orderId: OrderId,
  status: ShownStatusWord,
  money: MoneyStatusWord,
  since: instant("When it came into this status, or its money became due, in UTC"),
  waits: Type.Boolean({ description: "False when nothing has to happen any more" }),
  headline: Type.String({ examples: ["The order is waiting for its payment."] }),
  reasons: Type.Array(Type.String(), { description: "The facts below as sentences" }),
  waitsFor: Type.Array(Mover, { description: "The messages that would move it, and who sends them" }),
  deadline: orNull(Deadline),
  shard: Shard,
  mails: Type.Array(Mail),
  parkedMessages: Type.Integer({
    description: "Messages of this order that could not be processed and wait for a person",
  }),
  paymentsOnDesk: Type.Integer({ description: "Payments for this order about which a person has to decide" }),
  usually: Type.Union([Usually, Type.Null()], {
    description: "How long orders usually are in this state; null when unknown",
  }),
};

export const OrderWhySchema = Type.Object(fields);

/** What only staff may see, besides. */
export const StaffWhySchema = Type.Object({
  ...fields,
  owner: Type.Union([Type.String(), Type.Null()], {
    description: "The process that has the order's shard; null when nobody does, or when there is only one process",
  }),
  mailHistory: Type.Array(MailSchema),
  parked: Type.Array(
    Type.Object({
      id: Type.String({ description: "The dead letter" }),
      code: Type.String(),
      detail: Type.String(),
      parkedAt: instant("When it was put aside, in UTC"),
    }),
    { description: "Its messages that could not be processed, the latest first" },
  ),
  deskPayments: Type.Array(
    Type.Object({
      paymentId: Type.String({ description: "What a decision names" }),
      kind: DeskKindWord,
      amount: Money,
    }),
    { description: "Its payments about which somebody has to decide at the payment desk" },
  ),
});

/**
 * What the demo relies on in the service's answers, checked when they arrive. It reads tolerantly, as any client
 * should: a field that is not named here may come and go.
 */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

const Money = Type.Object({ amountMinor: Type.Integer(), currency: Type.String() });
const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const Catalogue = Type.Object({
  currency: Type.String(),
  items: Type.Array(
    Type.Object({
      sku: Type.String(),
      name: Type.String(),
      description: Type.String(),
      priceMinor: Type.Integer({ minimum: 0 }),
    }),
  ),
});

const SubmissionAnswer = Type.Object({ orderId: Type.String(), status: Type.String(), total: Money });

const OrderAnswer = Type.Object({
  orderId: Type.String(),
  status: Type.String(),
  items: Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Integer() })),
  total: orNull(Money),
  paid: orNull(Money),
  money: Type.String(),
  refundDue: Type.Array(Money),
  version: Type.Integer(),
});

const EventAnswer = Type.Object({
  sequence: Type.Integer(),
  type: Type.String(),
  causeId: Type.String(),
  data: Type.Object({
    paymentId: Type.Optional(Type.String()),
    amount: Type.Optional(Money),
    reason: Type.Optional(orNull(Type.String())),
  }),
});

const MailAnswer = Type.Object({ messageId: Type.String(), orderId: orNull(Type.String()) });

const LedgerAnswer = Type.Object({
  messageId: Type.String(),
  attempts: Type.Array(Type.Object({ outcome: orNull(Type.String()) })),
});

export type SubmissionAnswer = Static<typeof SubmissionAnswer>;
export type OrderAnswer = Static<typeof OrderAnswer>;
export type EventAnswer = Static<typeof EventAnswer>;
export type MailAnswer = Static<typeof MailAnswer>;
export type LedgerAnswer = Static<typeof LedgerAnswer>;

export const ANSWERS = {
  catalogue: Compile(Catalogue),
  submission: Compile(SubmissionAnswer),
  payment: Compile(Type.Object({ paymentId: Type.String(), orderId: Type.String() })),
  refund: Compile(Type.Object({ refundId: Type.String(), orderId: Type.String() })),
  order: Compile(OrderAnswer),
  timeline: Compile(Type.Object({ events: Type.Array(EventAnswer) })),
  orders: Compile(Type.Object({ orders: Type.Array(OrderAnswer) })),
  mails: Compile(Type.Object({ messages: Type.Array(MailAnswer) })),
  ledger: Compile(Type.Object({ mails: Type.Array(LedgerAnswer) })),
  problem: Compile(
    Type.Object({
      code: Type.Optional(Type.String()),
      title: Type.Optional(Type.String()),
      detail: Type.Optional(Type.String()),
    }),
  ),
};

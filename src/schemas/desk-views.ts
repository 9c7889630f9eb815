/** What the API answers about the payment desk, and what it takes. */
import Type, { type Static, type TSchema } from "typebox";
import type { DeskKind, DeskState } from "../actors/desk-payments.ts";
import { oneOf } from "./one-of.ts";
import { OrderId } from "./order-id.ts";
import { DecisionReason, PaymentDecisionWord } from "./payment-decisions.ts";

export const DeskKindWord = oneOf<DeskKind>({
  orphan: "its order has not come within the time of WATERMARK_S",
  late: "it came after its order's deadline, or its order expired before all of its money came",
  mismatched: "another amount or currency than the order asked for",
  quarantined: "its id had come before with other money; it counts nowhere until somebody decides",
  repeated: "its id counts at another order, too",
  other: "refund due for another reason, such as a second payment",
});

export const DeskStateWord = oneOf<DeskState>({
  open: "somebody must look at it",
  decided: "somebody has",
  settled: "it went back without a decision",
});

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const time = (description: string) => Type.String({ description, examples: ["2026-11-21T09:30:00.000Z"] });
const Money = Type.Object({
  amountMinor: Type.Integer({ minimum: 0, description: "Whole minor units of the currency", examples: [2750] }),
  currency: Type.String({ description: "An ISO 4217 code", examples: ["EUR"] }),
});

const DeskDecisionSchema = Type.Object({
  decision: PaymentDecisionWord,
  toOrderId: orNull(Type.String({ description: "The order that got the money; null where it is its own" })),
  operator: Type.Object({ keyId: Type.String(), name: Type.String() }),
  reason: Type.String(),
  decidedAt: time("When it was decided, in UTC"),
  refusedBecause: orNull(Type.String({ description: "Why it did not fit; null for one that took effect" })),
});

const OrderRef = Type.Unsafe<Readonly<Record<string, unknown>>>({ $ref: "Order#" });

export const DeskPaymentSchema = Type.Object({
  orderId: Type.String(),
  paymentId: Type.String({ description: "What a decision names; a quarantined payment has an id of its own" }),
  kind: DeskKindWord,
  countedAt: Type.Optional(Type.String({ description: "The order at which its id counts, too; of a repeated one" })),
  state: DeskStateWord,
  amount: Type.Object(Money.properties, { description: "What there is to decide about; once decided, all of it" }),
  earlierAmount: orNull(
    Type.Object(Money.properties, { description: "What came first under a quarantined payment's id; null for others" }),
  ),
  paidAt: time("When the customer paid, in UTC"),
  since: time("Since when it is what its kind says, in UTC"),
  decision: orNull(DeskDecisionSchema),
  refused: orNull(DeskDecisionSchema),
  order: Type.Union([OrderRef, Type.Null()], { description: "Its order now; null while nobody has submitted it" }),
});

export const DeskPageSchema = Type.Object({
  payments: Type.Array(DeskPaymentSchema),
  next: orNull(Type.String({ description: "The cursor of the next page; null on the last one" })),
});

export const DeskDetailSchema = Type.Object({
  payment: DeskPaymentSchema,
  suggestions: Type.Array(
    Type.Object({
      order: OrderRef,
      outstanding: Type.Object(Money.properties, { description: "What the order still waits for" }),
      because: Type.Array(
        oneOf({
          amount: "it waits for exactly this much",
          customer: "the payment's order has the same customer",
          time: "the payment was made within half an hour of it",
        }),
      ),
    }),
    { description: "Orders that wait for money and may be meant, the likeliest first" },
  ),
});

export const DecisionBody = Type.Object(
  {
    decision: PaymentDecisionWord,
    toOrderId: Type.Optional(
      Type.String({ ...OrderId, description: "The order that gets the money; only with `accept`" }),
    ),
    reason: DecisionReason,
  },
  { additionalProperties: false },
);
export type DecisionRequest = Static<typeof DecisionBody>;

export const AcceptedDecision = Type.Object({
  orderId: Type.String(),
  paymentId: Type.String(),
  commandId: Type.String({
    description: "The order's timeline has `command:<commandId>` as the cause of what follows",
  }),
});

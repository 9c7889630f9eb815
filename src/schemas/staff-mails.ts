/** Mails as staff see them, and what they may decide. */
import Type, { type Static } from "typebox";
import { MAIL_DESK_FILTERS, type MailDecision, type MailDeskFilter } from "../actors/ports.ts";
import { VISIBLE_TEXT } from "./customer.ts";
import { MailFields } from "./mail-views.ts";
import { oneOf } from "./one-of.ts";
import { OrderId } from "./order-id.ts";

const DECISIONS: Readonly<Record<MailDecision["decision"], string>> = {
  send: "it is sent now, once more or after all",
  drop: "it is not sent, and its order says why",
};

const instant = (description: string) => Type.String({ description, examples: ["2026-11-21T09:30:00.000Z"] });

export const MailParameters = Type.Object({
  messageId: Type.String({
    minLength: 1,
    maxLength: 255,
    description: "The Message-ID, with or without its angle brackets",
  }),
});

export const ListMailsQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Unsafe<MailDeskFilter>({
        type: "string",
        enum: [...MAIL_DESK_FILTERS],
        description: "`held`, when it is left out: of unknown outcome, and waiting for a decision",
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "Mails on a page; 50 when left out" })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "`next` of the page before" })),
  },
  { additionalProperties: false },
);

const WhyDecided = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: VISIBLE_TEXT,
  description: "Why, in one line; it is kept for ever, and of a dropped mail its customer reads it",
  examples: ["The mail server's log shows that it never arrived"],
});

export const DecideMailBody = Type.Object(
  { decision: oneOf(DECISIONS), reason: WhyDecided },
  { additionalProperties: false },
);

export const StaffMailSchema = Type.Object({
  ...MailFields,
  orderId: OrderId,
  customer: Type.Object({ name: Type.String(), email: Type.String() }),
  queuedAt: instant("When the order was confirmed, in UTC"),
  nextTryAt: Type.Union([instant("When it is tried again, in UTC"), Type.Null()]),
  held: Type.Boolean({ description: "True when nothing happens to it until somebody decides" }),
  mayBeSent: Type.Boolean({ description: "True when `send` makes sense now" }),
  mayBeDropped: Type.Boolean({ description: "True when `drop` makes sense now" }),
  decisions: Type.Array(
    Type.Object({
      decision: oneOf(DECISIONS),
      operator: Type.Object({ keyId: Type.String(), name: Type.String() }),
      reason: Type.String(),
      at: instant("When it was decided, in UTC"),
    }),
    { description: "Oldest first" },
  ),
});
export type StaffMailView = Static<typeof StaffMailSchema>;

export const StaffMailPage = Type.Object({
  mails: Type.Array(StaffMailSchema),
  next: Type.Union([Type.String(), Type.Null()], { description: "The cursor of the next page; null on the last one" }),
});

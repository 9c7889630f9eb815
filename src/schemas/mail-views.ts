/** What the HTTP API answers about an order's mails: the ledger's view of them, for support staff. */
import Type, { type Static } from "typebox";
import { oneOf } from "./one-of.ts";

const OUTCOMES = {
  accepted: "the mail server took it",
  refused: "the mail server refused it for good",
  deferred: "the mail server wants it again later",
  unknown: "nobody can tell whether the mail server took it",
} as const;

const STATES = {
  queued: "waits for its first attempt",
  attempting: "an attempt is under way",
  ...OUTCOMES,
  dropped: "somebody decided that it is not sent",
} as const;

const instant = (description: string) => Type.String({ description, examples: ["2026-11-21T09:30:00.000Z"] });

const MailAttempt = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  startedAt: instant("When the attempt was stored, in UTC; the mail left after that"),
  mayBeRepeat: Type.Boolean({
    description: "An earlier attempt may have been delivered: the mail says so in its header X-Possible-Repeat",
  }),
  outcome: Type.Union([oneOf(OUTCOMES), Type.Null()], { description: "Null while the attempt is under way" }),
  response: Type.Union([Type.String(), Type.Null()], {
    description: "What the mail server answered, or what went wrong",
  }),
  retryAt: Type.Union([instant("When it is tried again, in UTC"), Type.Null()], {
    description: "Null when it is not tried again by itself",
  }),
});

/** What everybody sees of a mail who knows its order. */
export const MailFields = {
  messageId: Type.String({ description: "The same in every attempt" }),
  state: oneOf(STATES),
  attempts: Type.Array(MailAttempt, { description: "Oldest first" }),
  closed: Type.Boolean({ description: "True once the order's events tell the outcome" }),
};

export const MailSchema = Type.Object(MailFields, {
  $id: "Mail",
  description: "A mail of an order, as the ledger of mails has it",
});

export type MailView = Static<typeof MailSchema>;

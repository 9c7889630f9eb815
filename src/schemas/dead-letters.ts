/** Dead letters as the API has them: in lists, whole, counted, and what became of sending them again. */
import Type, { type Static } from "typebox";
import { LETTER_STATES, type LetterState } from "../actors/dead-letter-documents.ts";
import type { LetterOutcome } from "../actors/dead-letter-requests.ts";
import { LIST_CURSOR, PART_CURSOR } from "../actors/dead-letter-requests.ts";
import { VISIBLE_TEXT } from "./customer.ts";
import { Instant } from "./instant.ts";
import { oneOf } from "./one-of.ts";

const closed = { additionalProperties: false };
/** More than a request may take of payload; what is larger is refused before. */
const MAX_PAYLOAD_LENGTH = 65_536;
const MAX_IDS = 500;

const STATES: Readonly<Record<LetterState, string>> = {
  open: "waits for somebody",
  redriven: "its record was sent again",
  dropped: "somebody decided to leave it",
};

const StateWord = oneOf<LetterState>(STATES);
const LetterId = Type.String({
  pattern: "^(?:orders|payments|order-commands)-\\d{1,15}-\\d{1,15}$",
  description: "Topic, shard and offset of the record",
  examples: ["payments-3-17"],
});
const Code = Type.String({
  pattern: "^[a-z][a-z_]{0,63}$",
  description: "Why it could not be processed: a code of docs/errors.md",
  examples: ["unreadable_message"],
});
const Next = (of: string) =>
  Type.Union([Type.String(), Type.Null()], { description: `\`cursor\` of the next ${of}; null on the last one` });

const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: VISIBLE_TEXT,
  description: "Why, in the operator's words; it is kept with the letter",
  examples: ["The till's software is mended"],
});
const RatePerS = Type.Integer({
  minimum: 1,
  maximum: 1_000,
  description: "Records a second at most; 50 when left out",
});
const DryRun = Type.Boolean({ description: "True to be told what would follow, without sending anything" });
const PartCursor = Type.String({
  pattern: PART_CURSOR.source,
  maxLength: 100,
  description: "`next` of the answer before, with everything else as it was",
});
const selection = {
  ids: Type.Optional(Type.Array(LetterId, { minItems: 1, maxItems: MAX_IDS, description: "These letters" })),
  code: Type.Optional(Code),
  all: Type.Optional(Type.Literal(true, { description: "All open letters" })),
  reason: Reason,
  cursor: Type.Optional(PartCursor),
};

export const LetterParameters = Type.Object({ letterId: LetterId });

export const ListLettersQuery = Type.Object(
  {
    state: Type.Optional(StateWord),
    code: Type.Optional(Code),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "How many letters a page holds; 50 when left out" }),
    ),
    cursor: Type.Optional(
      Type.String({ pattern: LIST_CURSOR.source, maxLength: 100, description: "`next` of the page before" }),
    ),
  },
  closed,
);

/** Exactly one of `ids`, `code` and `all` says which letters; the route checks that. */
export const RedriveBody = Type.Object(
  { ...selection, dryRun: Type.Optional(DryRun), ratePerS: Type.Optional(RatePerS) },
  closed,
);
export const DropBody = Type.Object(selection, closed);

export const RedriveOneBody = Type.Object(
  {
    payload: Type.Optional(
      Type.String({ maxLength: MAX_PAYLOAD_LENGTH, description: "Sent instead of the letter's payload" }),
    ),
    key: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "Sent instead of the letter's key: the order id" }),
    ),
    reason: Reason,
    dryRun: Type.Optional(DryRun),
  },
  closed,
);
export const DropOneBody = Type.Object({ reason: Reason }, closed);

const summary = {
  id: LetterId,
  state: StateWord,
  code: Code,
  detail: Type.String({ description: "What was wrong with it" }),
  source: Type.Object({
    topic: Type.String(),
    shard: Type.Integer(),
    offset: Type.Integer(),
    at: Instant("When the log stored the record"),
  }),
  key: Type.String({ description: "The record's key; of a long one the beginning" }),
  preview: Type.String({ description: "The beginning of the payload" }),
  payloadBytes: Type.Integer(),
  parkedAt: Instant("When it became a dead letter"),
  predecessor: Type.Union([Type.String(), Type.Null()], {
    description: "The letter whose record was sent again and failed again as this one",
  }),
};
const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const LetterSummarySchema = Type.Object(summary);
export const LetterSchema = Type.Object({
  ...summary,
  payload: Type.String({ description: "As it arrived" }),
  encoding: oneOf<"text" | "base64">({ text: "the payload is text", base64: "it is bytes, written as Base64" }),
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  history: Type.Array(
    Type.Object({
      actId: Type.String(),
      act: oneOf<"redriven" | "dropped">({ redriven: STATES.redriven, dropped: STATES.dropped }),
      at: Type.String({ description: "When, in UTC" }),
      operator: Type.Object({ keyId: Type.String(), name: Type.String() }),
      reason: Type.String(),
      editedPayload: nullableText("What was sent instead of the payload; null where it was not edited"),
      editedKey: nullableText("What was sent instead of the key; null where it was not edited"),
    }),
    { description: "Who did what with it, oldest first" },
  ),
});
export const LetterPageSchema = Type.Object({ letters: Type.Array(LetterSummarySchema), next: Next("page") });
export const LetterGroupsSchema = Type.Object({
  groups: Type.Array(
    Type.Object({ code: Code, ...Object.fromEntries(LETTER_STATES.map((state) => [state, Type.Integer()])) } as {
      code: typeof Code;
    } & Record<LetterState, ReturnType<typeof Type.Integer>>),
    { description: "One for each code, the one with most open letters first" },
  ),
});

const OUTCOMES: Readonly<Record<LetterOutcome["type"], string>> = {
  redriven: "the record was sent again",
  dropped: "the letter is open no longer",
  wouldApply: "these events would follow",
  wouldChangeNothing: "it took effect before, or there is nothing left for it to do",
  wouldBeRefused: "it would become a dead letter again",
  notFound: "there is no such letter",
  alreadyResolved: "it was sent again or dropped before, and nothing was done",
  failed:
    "nothing is known to have been sent, and the letter is still open: the log or the store failed, and a repeat is harmless, or somebody else is sending something of it (letter_taken)",
};
const Outcome = Type.Object({
  type: oneOf<LetterOutcome["type"]>(OUTCOMES),
  orderId: Type.Optional(Type.String()),
  events: Type.Optional(Type.Array(Type.String(), { description: "Their types, in their order" })),
  statusBefore: Type.Optional(nullableText("Null for an order without events")),
  statusAfter: Type.Optional(Type.String()),
  mails: Type.Optional(Type.Array(Type.String(), { description: "The kinds of mails that would be sent" })),
  status: Type.Optional(nullableText("The status that stays; null for an order without events")),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  state: Type.Optional(StateWord),
});
const Item = Type.Unsafe<{ readonly id: string; readonly outcome: LetterOutcome }>(
  Type.Object({ id: Type.String(), outcome: Outcome }),
);
export const LetterResultSchema = Item;
export const PartResultSchema = Type.Object({ items: Type.Array(Item), next: Next("part") });

export type RedriveRequestBody = Static<typeof RedriveBody>;
export type DropRequestBody = Static<typeof DropBody>;

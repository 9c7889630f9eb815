/**
 * The wire form of the inbox topics: a message as JSON under the key of its order id. Reading never throws and
 * trusts nothing, because anybody may write to a topic; whatever `encodeMessage` writes, `decodeMessage` reads.
 */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { MessageCodec } from "../actors/message-codec.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { ErrorCode } from "../domain/error-codes.ts";
import type { Message, RecordMail as RecordMailMessage } from "../domain/messages.ts";
import { Customer, Reason } from "./customer.ts";
import { parseJson, roundedNumberAt } from "./exact-json.ts";
import { BusinessId, PaymentName, WebhookId } from "./identifiers.ts";
import { Instant, normaliseInstant } from "./instant.ts";
import { Money, PaidMoney } from "./money.ts";
import { OrderId } from "./order-id.ts";
import { DecidingOperator, DecisionReason, PaymentDecisionWord } from "./payment-decisions.ts";
import { RequestedItems } from "./requested-items.ts";

/** The longest value that is looked at: a hundred lines of an order need a fifth of it. */
const MAX_VALUE_LENGTH = 65_536;
/** What a mail server said is kept for people; a novel is not. */
const MAX_RESPONSE_LENGTH = 1_000;

/** More often than anybody decides about one mail. */
const MAX_ROUND = 1_000_000;

const closed = { additionalProperties: false };

const SubmitOrder = Type.Object(
  {
    type: Type.Literal("SubmitOrder"),
    orderId: OrderId,
    customer: Customer,
    items: RequestedItems,
    quotedTotal: Type.Optional(Money),
    submittedAt: Instant("When the customer submitted the order"),
  },
  closed,
);

const ReceivePayment = Type.Object(
  {
    type: Type.Literal("ReceivePayment"),
    orderId: OrderId,
    paymentId: BusinessId("The payment provider's id", "pay_5f2c9d"),
    amount: PaidMoney,
    paidAt: Instant("When the customer paid"),
    partial: Type.Optional(Type.Boolean()),
    webhookId: Type.Optional(WebhookId),
  },
  closed,
);

const RecordRefund = Type.Object(
  {
    type: Type.Literal("RecordRefund"),
    orderId: OrderId,
    refundId: BusinessId("The payment provider's id", "ref_81b2aa"),
    amount: PaidMoney,
    webhookId: Type.Optional(WebhookId),
  },
  closed,
);

const CancelOrder = Type.Object(
  {
    type: Type.Literal("CancelOrder"),
    orderId: OrderId,
    commandId: BusinessId("The id of this request", "cmd_19d0"),
    reason: Type.Union([Reason, Type.Null()]),
  },
  closed,
);

const RecordMail = Type.Object(
  {
    type: Type.Literal("RecordMail"),
    orderId: OrderId,
    kind: Type.Literal("confirmation"),
    messageId: Type.String({ pattern: "^[\\x21-\\x7e]{1,255}$" }),
    outcome: Type.Unsafe<RecordMailMessage["outcome"]>({ type: "string", enum: ["accepted", "refused", "dropped"] }),
    response: Type.String({ maxLength: MAX_RESPONSE_LENGTH }),
    round: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ROUND })),
  },
  closed,
);

const ReachDeadline = Type.Object(
  {
    type: Type.Literal("ReachDeadline"),
    orderId: OrderId,
    name: Type.Literal("payment"),
    deadline: Instant("The deadline that is due"),
  },
  closed,
);

const DecidePayment = Type.Object(
  {
    type: Type.Literal("DecidePayment"),
    orderId: OrderId,
    paymentId: PaymentName,
    commandId: BusinessId("The id of this request", "cmd_19d0"),
    decision: PaymentDecisionWord,
    toOrderId: Type.Optional(OrderId),
    operator: DecidingOperator,
    reason: DecisionReason,
  },
  closed,
);

const TakeMovedPayment = Type.Object(
  {
    type: Type.Literal("TakeMovedPayment"),
    orderId: OrderId,
    transferId: PaymentName,
    amount: PaidMoney,
    paidAt: Instant("When the customer paid"),
    movedFrom: Type.Object({ orderId: OrderId, paymentId: PaymentName }, closed),
  },
  closed,
);

const validators = {
  SubmitOrder: Compile(SubmitOrder),
  ReceivePayment: Compile(ReceivePayment),
  RecordRefund: Compile(RecordRefund),
  CancelOrder: Compile(CancelOrder),
  RecordMail: Compile(RecordMail),
  ReachDeadline: Compile(ReachDeadline),
  DecidePayment: Compile(DecidePayment),
  TakeMovedPayment: Compile(TakeMovedPayment),
};

const TOPIC_OF: Readonly<Record<Message["type"], InboxTopic>> = {
  SubmitOrder: "orders",
  ReceivePayment: "payments",
  RecordRefund: "payments",
  CancelOrder: "order-commands",
  RecordMail: "order-commands",
  ReachDeadline: "order-commands",
  DecidePayment: "order-commands",
  TakeMovedPayment: "order-commands",
};
const INBOX_TOPICS: ReadonlySet<string> = new Set(Object.values(TOPIC_OF));
const HEADERS = { "content-type": "application/json" } as const;

type InboxTopic = "orders" | "payments" | "order-commands";

export type DecodedMessage =
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "unreadable"; readonly code: ErrorCode; readonly detail: string };

/** Both directions, for the parts that get them as one. */
export const messageCodec: MessageCodec = { decode: decodeMessage, encode: encodeMessage };

/** Writes a message as a record of the topic that carries its type. */
export function encodeMessage(message: Message): {
  readonly topic: InboxTopic;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const value = JSON.stringify(message.type === "RecordMail" ? withShortResponse(message) : message);
  return { topic: TOPIC_OF[message.type], key: message.orderId, value, headers: HEADERS };
}

/** Reads a record of an inbox topic. `order-commands` also carries messages that were forwarded from the other topics. */
export function decodeMessage(record: {
  readonly topic: string;
  readonly key: string;
  readonly value: string | Uint8Array;
  readonly unreadable?: string;
}): DecodedMessage {
  const { topic, key, value } = record;
  if (!INBOX_TOPICS.has(topic))
    return { type: "unreadable", code: "unknown_topic", detail: `${topic} is not an inbox topic` };
  if (record.unreadable !== undefined) return unreadable(record.unreadable);
  if (typeof value !== "string") return unreadable("the value is not UTF-8 text");
  if (value.length > MAX_VALUE_LENGTH) return unreadable(`the value is longer than ${MAX_VALUE_LENGTH} characters`);
  let parsed: unknown;
  try {
    parsed = parseJson(value);
  } catch {
    return unreadable("the value is not JSON");
  }
  const type = typeOf(parsed);
  if (type === null) return unreadable("the value has no known message type");
  if (TOPIC_OF[type] !== topic && topic !== "order-commands") return unreadable(`${topic} does not carry ${type}`);
  if (!validators[type].Check(parsed)) return unreadable(firstErrorOf(type, parsed));
  const message = withOneSpellingOfTime(parsed);
  if (message === null) return unreadable("an instant of the message does not exist");
  if (message.orderId !== key) return unreadable("the key is not the order id of the message");
  return { type: "message", message };
}

function typeOf(parsed: unknown): Message["type"] | null {
  if (typeof parsed !== "object" || parsed === null || !Object.hasOwn(parsed, "type")) return null;
  const { type } = parsed as { type: unknown };
  return typeof type === "string" && Object.hasOwn(validators, type) ? (type as Message["type"]) : null;
}

function firstErrorOf(type: Message["type"], parsed: unknown): string {
  const [error] = validators[type].Errors(parsed).filter(({ keyword }) => keyword !== "boolean");
  if (error === undefined) return `the value is no ${type}`;
  const reason = roundedNumberAt(parsed, error.instancePath) ?? error.message;
  return `${type}${error.instancePath.slice(0, 100)} ${reason.slice(0, 200)}`;
}

type WireMessage = Static<
  | typeof SubmitOrder
  | typeof ReceivePayment
  | typeof RecordRefund
  | typeof CancelOrder
  | typeof RecordMail
  | typeof ReachDeadline
  | typeof DecidePayment
  | typeof TakeMovedPayment
>;

function withOneSpellingOfTime(message: WireMessage): Message | null {
  switch (message.type) {
    case "SubmitOrder": {
      const submittedAt = normaliseInstant(message.submittedAt);
      if (submittedAt === message.submittedAt) return message;
      return submittedAt === null ? null : { ...message, submittedAt };
    }
    case "ReceivePayment":
    case "TakeMovedPayment": {
      const paidAt = normaliseInstant(message.paidAt);
      if (paidAt === message.paidAt) return message;
      return paidAt === null ? null : { ...message, paidAt };
    }
    case "ReachDeadline": {
      const deadline = normaliseInstant(message.deadline);
      if (deadline === message.deadline) return message;
      return deadline === null ? null : { ...message, deadline };
    }
    case "RecordRefund":
    case "CancelOrder":
    case "RecordMail":
    case "DecidePayment":
      return message;
    default:
      return assertNever(message);
  }
}

function withShortResponse<T extends { readonly response: string }>(message: T): T {
  return message.response.length <= MAX_RESPONSE_LENGTH
    ? message
    : { ...message, response: message.response.slice(0, MAX_RESPONSE_LENGTH) };
}

function unreadable(detail: string): DecodedMessage {
  return { type: "unreadable", code: "unreadable_message", detail };
}

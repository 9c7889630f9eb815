/** All messages that ever came into the log, read from above, and which of them each commit goes back to. */
import type { MessageCodec } from "../../../src/actors/message-codec.ts";
import type { Commit, LogRecord } from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import { withPlausibleTime } from "../../../src/domain/event-time.ts";
import type { OrderEvent } from "../../../src/domain/events.ts";
import type { Message } from "../../../src/domain/messages.ts";

export interface InboxEntry {
  readonly record: LogRecord;
  /** Null when nobody can read it. */
  readonly message: Message | null;
  /** True when it lies in a shard that its order does not belong to. */
  readonly isMisrouted: boolean;
}

export interface Inbox {
  take(record: LogRecord): void;
  entryOf(record: LogRecord): InboxEntry;
  entries(): readonly InboxEntry[];
  /** The readable ones of an order in its own shard, in the order in which they came. */
  ofOrder(orderId: string): readonly InboxEntry[];
  /** The entries that a commit may be the effect of: all that ask for the same. */
  causesOf(commit: Commit): readonly InboxEntry[];
  /** The message that a commit is the effect of; null when none was ever sent. */
  causeOf(commit: Commit): Message | null;
}

export function createInbox(deps: { readonly shards: number; readonly codec: Pick<MessageCodec, "decode"> }): Inbox {
  const { shards, codec } = deps;
  const all: InboxEntry[] = [];
  const entries = new WeakMap<LogRecord, InboxEntry>();
  const byOrder = new Map<string, InboxEntry[]>();

  const ofOrder = (orderId: string): readonly InboxEntry[] => byOrder.get(orderId) ?? NONE;
  return {
    take(record) {
      const decoded = codec.decode(record);
      const message = decoded.type === "message" ? withPlausibleTime(decoded.message, record.timestampMs) : null;
      const isMisrouted = message !== null && shardOf(message.orderId, shards) !== record.shard;
      const entry: InboxEntry = { record, message, isMisrouted };
      all.push(entry);
      entries.set(record, entry);
      if (message === null || isMisrouted) return;
      const ofSame = byOrder.get(message.orderId);
      if (ofSame === undefined) byOrder.set(message.orderId, [entry]);
      else ofSame.push(entry);
    },
    entryOf: (record) => entries.get(record) as InboxEntry,
    entries: () => all,
    ofOrder,
    causesOf: (commit) =>
      ofOrder(commit.orderId).filter(({ message }) => message !== null && explains(message, commit)),
    causeOf(commit) {
      const found = ofOrder(commit.orderId).find(({ message }) => message !== null && explains(message, commit));
      return found?.message ?? null;
    },
  };
}

const NONE: readonly InboxEntry[] = [];

/** True when the message asks for what the commit says, in every word that the event took from it. */
function explains(message: Message, { causeId, events }: Commit): boolean {
  // What a refund takes beyond what is due becomes due before it.
  const told = message.type === "RecordRefund" ? events.at(-1) : events[0];
  return told !== undefined && causeIdsOf(message).includes(causeId) && agrees(message, told);
}

/** The storage format of causes, written down again: a change of it would make old messages new. */
function causeIdsOf(message: Message): readonly string[] {
  switch (message.type) {
    case "SubmitOrder":
      return [`order:${message.orderId}`];
    case "ReceivePayment": {
      const { paymentId, amount } = message;
      return [`payment:${paymentId}`, `payment:${paymentId}~${amount.amountMinor}${amount.currency}`];
    }
    case "RecordRefund":
      return [`refund:${message.refundId}`];
    case "TakeMovedPayment": {
      const { transferId, amount } = message;
      return [`payment:${transferId}`, `payment:${transferId}~${amount.amountMinor}${amount.currency}`];
    }
    case "CancelOrder":
    case "DecidePayment":
      return [`command:${message.commandId}`];
    case "RecordMail":
      return ["mail:confirmation"];
    case "ReachDeadline":
      return ["deadline:payment:1"];
  }
}

function agrees(message: Message, event: OrderEvent): boolean {
  switch (message.type) {
    case "SubmitOrder": {
      const { customer, items, submittedAt } = message;
      if (event.type === "OrderTurnedAway") {
        const { reason: _, ...asked } = event.data;
        return isSame(asked, { customer, items, submittedAt });
      }
      if (event.type !== "OrderReceived") return false;
      const lines = event.data.lines.map(({ sku, quantity }) => ({ sku, quantity }));
      return isSame([event.data.customer, lines, event.data.submittedAt], [customer, items, submittedAt]);
    }
    case "ReceivePayment": {
      if (event.type !== "PaymentReceived" && event.type !== "PaymentQuarantined") return false;
      const { paymentId, amount, paidAt, webhookId } = event.data;
      const partial = event.type === "PaymentReceived" ? event.data.partial === true : message.partial === true;
      return (
        isSame(
          [paymentId, amount, paidAt, webhookId],
          [message.paymentId, message.amount, message.paidAt, message.webhookId],
        ) && partial === (message.partial === true)
      );
    }
    case "TakeMovedPayment": {
      const { transferId, amount, paidAt, movedFrom } = message;
      if (event.type !== "PaymentReceived" && event.type !== "PaymentQuarantined") return false;
      const isFromThere = event.type === "PaymentQuarantined" || isSame(event.data.movedFrom, movedFrom);
      const { data } = event;
      return isFromThere && isSame([data.paymentId, data.amount, data.paidAt], [transferId, amount, paidAt]);
    }
    case "DecidePayment": {
      if (event.type !== "PaymentDecided" && event.type !== "PaymentDecisionRefused") return false;
      const { paymentId, decision, toOrderId, operator, reason } = event.data;
      const asked = [message.paymentId, message.decision, message.toOrderId, message.operator, message.reason];
      return isSame([paymentId, decision, toOrderId, operator, reason], asked);
    }
    case "RecordRefund": {
      if (event.type !== "RefundRecorded") return false;
      const { refundId, amount, webhookId } = event.data;
      return isSame([refundId, amount, webhookId], [message.refundId, message.amount, message.webhookId]);
    }
    case "CancelOrder":
      return (
        (event.type === "OrderCancelled" || event.type === "CancellationRefused") &&
        event.data.reason === message.reason
      );
    case "RecordMail": {
      const expected = message.outcome === "accepted" ? "ConfirmationEmailed" : "ConfirmationRefused";
      const { messageId, response } = message;
      return event.type === expected && isSame(event.data, { messageId, response });
    }
    case "ReachDeadline":
      return event.type === "OrderExpired" && event.data.deadline === message.deadline;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Messages as plain JSON, believed without a schema, so that a test may use short ids. */
import type { MessageCodec } from "../../../src/actors/message-codec.ts";
import type { InboxTopic } from "../../../src/actors/ports.ts";
import type { Message } from "../../../src/domain/messages.ts";

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

export const plainCodec: MessageCodec = {
  decode({ value }) {
    try {
      return { type: "message", message: JSON.parse(value as string) as Message };
    } catch {
      return { type: "unreadable", code: "unreadable_message", detail: "the value is not JSON" };
    }
  },
  encode(message) {
    return { topic: TOPIC_OF[message.type], key: message.orderId, value: JSON.stringify(message), headers: {} };
  },
};

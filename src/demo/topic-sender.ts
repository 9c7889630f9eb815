/**
 * Sends orders and payments straight to the topics, as a point-of-sale system does: it chooses the ids and quotes the
 * price. What the log did not acknowledge is sent again under the same ids, so a repeat has no second effect.
 */
import { setTimeout as pause } from "node:timers/promises";
import { OperationalError } from "../actors/errors.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import type { Message } from "../domain/messages.ts";
import { encodeMessage } from "../schemas/inbox-messages.ts";
import type { RunSender } from "./generate.ts";
import type { OrderKind } from "./mix.ts";

const DEADLINE_MS = 120_000;
const BACKOFF = { baseMs: 100, maxMs: 5_000 };

/** A record of one of the topics that bring work in. */
export interface TopicRecord {
  readonly topic: "orders" | "payments" | "order-commands";
  readonly key: string;
  readonly value: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TopicSenderDeps {
  /** Stores records in the log; throws a retryable OperationalError when it may not have. */
  readonly produce: (records: readonly TopicRecord[]) => Promise<void>;
  /** Writes a message as a record of its topic. JSON when it is left out. */
  readonly encode?: (message: Message) => TopicRecord;
  /** What the shop sells, and for how much: the service turns away an order that was quoted another price. */
  readonly catalogue: Catalogue;
  readonly close: () => Promise<void>;
  /** How long a record is sent again, in all. */
  readonly deadlineMs?: number;
  readonly backoff?: typeof BACKOFF;
  /** Aborted: nothing is sent again any more. */
  readonly signal?: AbortSignal;
}

/**
 * Only records of one topic keep their order: a cancellation must not overtake its order, and money that goes back before
 * the order comes is taken from what waits for it. This topic carries every message.
 */
const ON_ONE_TOPIC: ReadonlySet<OrderKind> = new Set(["unpaid-cancel", "repaid", "refunded"]);

/** Every method throws the OperationalError of the log when it stays away. */
export function createTopicSender(deps: TopicSenderDeps): RunSender {
  const {
    produce,
    encode = encodeMessage,
    catalogue,
    close,
    deadlineMs = DEADLINE_MS,
    backoff = BACKOFF,
    signal,
  } = deps;
  let retries = 0;

  const send = async (record: TopicRecord): Promise<void> => {
    const startedMs = performance.now();
    for (let attempts = 1; ; attempts++) {
      try {
        return await produce([record]);
      } catch (error) {
        const pauseMs = Math.min(backoff.maxMs, backoff.baseMs * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
        const isLate = performance.now() - startedMs + pauseMs > deadlineMs;
        if (!(error instanceof OperationalError) || !error.retryable || isLate || signal?.aborted) throw error;
        await pause(pauseMs);
        retries += 1;
      }
    }
  };

  return {
    catalogue: async () => catalogue,
    async submit({ kind, orderId, customer, items, total }) {
      const submittedAt = new Date().toISOString();
      const record = encode({ type: "SubmitOrder", orderId, customer, items, quotedTotal: total, submittedAt });
      await send(onTopicOf(kind, record));
      return { orderId, status: "accepted", total };
    },
    pay: ({ orderId, kind }, payment, paidAt) =>
      send(onTopicOf(kind, encode({ type: "ReceivePayment", orderId, ...payment, paidAt }))),
    // What the endpoint for webhooks writes once it has checked the signature.
    payByWebhook: ({ orderId, kind }, payment, paidAt) => {
      const webhookId = `webhook-${payment.paymentId}`;
      return send(onTopicOf(kind, encode({ type: "ReceivePayment", orderId, ...payment, paidAt, webhookId })));
    },
    refund: ({ orderId, kind }, refund) => send(onTopicOf(kind, encode({ type: "RecordRefund", orderId, ...refund }))),
    async cancel(orderId, reason) {
      await send(encode({ type: "CancelOrder", orderId, commandId: `cancel-${orderId}`, reason }));
      return 1;
    },
    retries: () => retries,
    close,
  };
}

function onTopicOf(kind: OrderKind, record: TopicRecord): TopicRecord {
  return ON_ONE_TOPIC.has(kind) ? { ...record, topic: "order-commands" } : record;
}

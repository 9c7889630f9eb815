/**
 * The way in for what a payment provider reports by webhook. Its signature has been checked; here its id is held to one
 * fact. A repeat goes into the log again and takes effect once there. The log keeps payments and refunds of an order in
 * their sequence, so nothing is checked against the order here: what it cannot take becomes a dead letter.
 */
import { LRUCache } from "lru-cache";
import { causeOf, type ReceivePayment, type RecordRefund } from "../domain/messages.ts";
import type { Refused } from "./front-door.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { MessageLog, ViewStore } from "./ports.ts";
import { WEBHOOKS, type WebhookDocument } from "./views.ts";

export interface PaymentWebhooks {
  /**
   * Takes what a webhook tells; durable when it resolves. Refusal: `webhook_id_reused`, when the same webhook told of
   * another payment or refund before, to this process or any other.
   * @throws OperationalError `log_unavailable`, `outcome_unknown` or `store_unavailable` when it cannot know.
   */
  take(webhookId: string, told: ReceivePayment | RecordRefund): Promise<{ readonly type: "accepted" } | Refused>;
}

/** @param capacity how many webhooks are remembered that the view may not have yet; more than are ever unprojected at once. */
export function createPaymentWebhooks(deps: {
  readonly log: Pick<MessageLog, "produce">;
  readonly viewStore: Pick<ViewStore, "getMany">;
  readonly codec: MessageCodec;
  readonly capacity: number;
}): PaymentWebhooks {
  const { log, viewStore, codec, capacity } = deps;
  const taken = new LRUCache<string, WebhookDocument>({ max: capacity });

  const projected = async (webhookId: string): Promise<WebhookDocument | undefined> => {
    const documents = await viewStore.getMany(WEBHOOKS, [webhookId]);
    return documents.get(webhookId) as unknown as WebhookDocument | undefined;
  };

  return {
    async take(webhookId, told) {
      const fact: WebhookDocument = { orderId: told.orderId, causeId: causeOf(told) };
      const stored = taken.has(webhookId) ? undefined : await projected(webhookId);
      // Memory is asked last, and in one turn with being told: the same id may have come in while the view was read.
      const earlier = taken.get(webhookId) ?? stored;
      if (earlier !== undefined && (earlier.orderId !== fact.orderId || earlier.causeId !== fact.causeId)) {
        const detail = `webhook ${webhookId} told of ${earlier.causeId} of order ${earlier.orderId} before`;
        return { type: "refused", code: "webhook_id_reused", detail };
      }
      taken.set(webhookId, fact);
      try {
        await log.produce([codec.encode({ ...told, webhookId })]);
      } catch (error) {
        taken.delete(webhookId);
        throw error;
      }
      return { type: "accepted" };
    },
  };
}

/** What must hold for mails at every moment: one is sent only for a confirmed order, and says what was confirmed (A7). */
import type { ConfirmationMail } from "../../../src/actors/ports.ts";
import type { Fail } from "./fail.ts";
import type { OrderAudit } from "./order-audit.ts";

export interface MailAudit {
  delivered(mail: ConfirmationMail): void;
  /** How often each mail reached its customer, by Message-ID. */
  deliveries(): ReadonlyMap<string, number>;
}

export function createMailAudit(deps: { readonly orders: OrderAudit; readonly fail: Fail }): MailAudit {
  const { orders, fail } = deps;
  const deliveries = new Map<string, number>();
  return {
    delivered({ orderId, messageId, customer, lines, total }) {
      deliveries.set(messageId, (deliveries.get(messageId) ?? 0) + 1);
      const order = orders.order(orderId);
      const confirmed = order?.events.find(({ type }) => type === "OrderConfirmed");
      if (confirmed === undefined) fail("A7", `a mail is sent for order ${orderId}, which is not confirmed`);
      else if (JSON.stringify(confirmed.data) !== JSON.stringify({ customer, lines, total })) {
        fail("A7", `the mail of order ${orderId} says something else than its confirmation`);
      }
      if (messageId !== `<${orderId}.confirmation@orderloom.local>`) {
        fail("A7", `the mail of order ${orderId} has the Message-ID ${messageId}`);
      }
    },
    deliveries: () => deliveries,
  };
}

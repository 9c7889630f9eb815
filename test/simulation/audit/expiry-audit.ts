/**
 * An order expires only once its shard's payments have been read past the deadline: no payment that was made in time,
 * and came before the watermark passed, may find its order expired.
 */
import type { Commit } from "../../../src/actors/ports.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Timeline } from "../engine/kernel.ts";
import type { Fail } from "./fail.ts";
import type { Inbox } from "./inbox.ts";
import type { OrderAudit } from "./order-audit.ts";

export function createExpiryAudit(deps: {
  readonly inbox: Inbox;
  readonly orders: OrderAudit;
  readonly kernel: Pick<Timeline, "nowMs">;
  readonly watermarkMs: number;
  /** How far the clock of any process has ever been ahead: the timers go by it. */
  readonly clocksAheadMs: () => number;
  readonly coverage: Coverage;
  readonly fail: Fail;
}): { stored(commit: Commit): void } {
  const { inbox, orders, kernel, watermarkMs, clocksAheadMs, coverage, fail } = deps;
  return {
    stored({ orderId, events }) {
      const expired = events.find((event) => event.type === "OrderExpired");
      if (expired === undefined) return;
      const deadlineMs = Date.parse(expired.data.deadline);
      const readUntilMs = deadlineMs + watermarkMs - clocksAheadMs();
      const payments = orders.order(orderId)?.state.payments ?? [];
      for (const { record, message } of inbox.ofOrder(orderId)) {
        if (message?.type !== "ReceivePayment" || record.topic !== "payments") continue;
        const isInTime = Date.parse(message.paidAt) <= deadlineMs && record.timestampMs <= readUntilMs;
        const isRead = payments.some(({ paymentId }) => paymentId === message.paymentId);
        if (isInTime && !isRead)
          fail("Q4", `order ${orderId} expires while its payment ${message.paymentId} waits unread`);
      }
      coverage.hit(kernel.nowMs() > deadlineMs + watermarkMs ? "expiry: after the watermark" : "expiry: early");
    },
  };
}

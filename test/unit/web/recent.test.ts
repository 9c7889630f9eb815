import { describe, expect, test } from "vitest";
import type { OrderStatus } from "../../../web/src/api/wire.ts";
import { type RecentOrder, unpaidOf, withStatus } from "../../../web/src/tracker/recent.ts";

const orderAt = (orderId: string, status: OrderStatus): RecentOrder => ({
  orderId,
  status,
  placedAt: "2026-01-05T12:00:00.000Z",
  total: { amountMinor: 1_560, currency: "EUR" },
});

describe("the unpaid order of this browser", () => {
  test("is the newest that still waits for its payment", () => {
    const orders = [orderAt("new", "emailed"), orderAt("middle", "received"), orderAt("old", "accepted")];
    expect(unpaidOf(orders)?.orderId).toBe("middle");
    expect(unpaidOf(withStatus(orders, "middle", "paid"))?.orderId).toBe("old");
  });

  test("is none once all are decided", () => {
    const decided = (["paid", "emailed", "rejected", "expired", "cancelled"] as const).map((s) => orderAt(s, s));
    expect(unpaidOf(decided)).toBeNull();
  });
});

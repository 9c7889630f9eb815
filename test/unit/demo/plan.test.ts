import { describe, expect, test } from "vitest";
import { countKinds, DEFAULT_MIX, parseMix } from "../../../src/demo/mix.ts";
import { type PlannedOrder, type PlanOptions, planOrders } from "../../../src/demo/plan.ts";
import { type Catalogue, priceItems } from "../../../src/domain/catalogue.ts";
import { orderIdFromKey } from "../../../src/schemas/order-id.ts";
import { FAKE_CATALOGUE } from "../../support/fake-service.ts";

const EVERY_KIND = parseMix(
  "normal=5,mismatch=5,duplicate=1,payment-first=1,unpaid-cancel=1,double-payment=1,partial=1,overpaid=1,refunded=1",
);

function plan(options: Partial<PlanOptions> = {}): PlannedOrder[] {
  return [...planOrders({ limit: 140, seed: 7, run: "r1", mix: EVERY_KIND, catalogue: FAKE_CATALOGUE, ...options })];
}

describe("planOrders", () => {
  test("plans the same orders from the same seed, and others from another", () => {
    expect(plan()).toEqual(plan());
    expect(plan({ seed: 8 })).not.toEqual(plan());
  });

  test("plans the same people and meals in every run, under other ids and addresses", () => {
    const meals = (orders: PlannedOrder[]) =>
      orders.map(({ kind, customer, items }) => ({ kind, name: customer.name, items }));
    const idsOf = (orders: PlannedOrder[]) =>
      orders.flatMap(({ orderId, idempotencyKey, customer, payments }) => [
        ...[orderId, idempotencyKey, customer.email],
        ...payments.map(({ paymentId }) => paymentId),
      ]);
    const [first, second] = [plan(), plan({ run: "r2" })];
    expect(meals(second)).toEqual(meals(first));
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(idsOf(first).length + idsOf(second).length);
  });

  test("plans each kind exactly as often as the mix asks, and not in blocks", () => {
    const kinds = plan({ limit: 200, mix: DEFAULT_MIX }).map(({ kind }) => kind);
    const count = (kind: string) => kinds.filter((candidate) => candidate === kind).length;
    const expected = countKinds(DEFAULT_MIX, 200);
    for (const kind of Object.keys(expected) as (keyof typeof expected)[]) expect(count(kind)).toBe(expected[kind]);
    expect(kinds.toSorted()).not.toEqual(kinds);
  });

  test("plans one order at a time, so that a huge run begins at once", () => {
    const orders = planOrders({
      limit: 1_000_000_000,
      seed: 1,
      run: "r1",
      mix: DEFAULT_MIX,
      catalogue: FAKE_CATALOGUE,
    });
    expect(orders.next().value).toMatchObject({ number: 1 });
  });

  test("names each order as the service will, and prices it from the catalogue", () => {
    for (const { idempotencyKey, orderId, items, total } of plan()) {
      expect(orderId).toBe(orderIdFromKey(idempotencyKey));
      expect(priceItems(FAKE_CATALOGUE, items)).toMatchObject({ type: "priced", total });
      expect(total.amountMinor).toBeGreaterThan(0);
    }
  });

  test("writes to nobody real", () => {
    for (const { customer } of plan()) expect(customer.email).toMatch(/^[a-z0-9._-]{1,64}@example\.(com|net|org)$/);
  });

  test("pays wrongly in a mismatch: every third time in another currency, otherwise another amount", () => {
    const mismatches = plan().filter(({ kind }) => kind === "mismatch");
    const isForeign = ({ payments, total }: PlannedOrder) => payments[0]?.amount.currency !== total.currency;
    expect(mismatches.filter(isForeign)).toHaveLength(Math.floor(mismatches.length / 3));
    for (const { payments, total } of mismatches) {
      expect(payments).toHaveLength(1);
      expect(payments[0]?.amount).not.toEqual(total);
      expect(payments[0]?.amount.amountMinor).toBeGreaterThan(0);
    }
  });

  test("pays what the order costs in every other kind: once, twice under two ids, or not at all", () => {
    const times = { "unpaid-cancel": 0, "double-payment": 2 } as Readonly<Record<string, number>>;
    const others = plan().filter(({ kind }) => !["mismatch", "partial", "overpaid"].includes(kind));
    for (const { kind, payments, total } of others) {
      expect(payments.map(({ amount }) => amount)).toEqual(Array(times[kind] ?? 1).fill(total));
    }
  });

  test.each(["partial", "overpaid"] as const)(
    "pays two parts in an order that is %s, the first less than the total",
    (kind) => {
      const orders = plan({ mix: parseMix(`${kind}=1`) });
      expect(orders).toHaveLength(140);
      for (const { payments, total } of orders) {
        const amounts = payments.map(({ amount }) => amount.amountMinor);
        const excessMinor = amounts.reduce((sum, amountMinor) => sum + amountMinor, 0) - total.amountMinor;
        expect(payments).toMatchObject([{ partial: true }, { partial: true }]);
        expect([amounts[0], amounts[1]].every((amountMinor = 0) => amountMinor > 0)).toBe(true);
        expect(amounts[0]).toBeLessThan(total.amountMinor);
        expect(excessMinor > 0).toBe(kind === "overpaid");
        expect(excessMinor).toBeGreaterThanOrEqual(0);
      }
    },
  );

  test("plans to pay back a part of what an order keeps that is refunded, and of no other", () => {
    for (const { kind, refund, total } of plan()) {
      expect(refund !== null).toBe(kind === "refunded");
      if (refund === null) continue;
      expect(refund.amount.currency).toBe(total.currency);
      expect(refund.amount.amountMinor).toBeGreaterThan(0);
      expect(refund.amount.amountMinor).toBeLessThan(total.amountMinor);
    }
  });

  test("pays a total of one unit in one part", () => {
    const catalogue = { currency: "EUR", items: [{ sku: "crumb", name: "Crumb", description: "", priceMinor: 1 }] };
    const amounts = plan({ mix: parseMix("partial=1"), catalogue })
      .filter(({ total }) => total.amountMinor === 1)
      .map(({ payments }) => payments.map(({ amount }) => amount.amountMinor));
    expect(amounts.length).toBeGreaterThan(0);
    for (const parts of amounts) expect(parts).toEqual([1]);
  });

  test("refuses a catalogue in which nothing costs money", () => {
    const free: Catalogue = {
      currency: "EUR",
      items: FAKE_CATALOGUE.items.filter(({ priceMinor }) => priceMinor === 0),
    };
    expect(() => plan({ catalogue: free })).toThrow(expect.objectContaining({ code: "invalid_catalogue" }));
  });
});

import { describe, expect, test } from "vitest";
import { isOrderId, ORDER_ID_NAMESPACE, orderIdFromKey } from "../../../src/schemas/order-id.ts";

describe("the order id of a key", () => {
  test("is the UUIDv5 that any client can compute, now and for ever", () => {
    expect(ORDER_ID_NAMESPACE).toBe("5b0a6f2e-3c1d-4e8f-9a47-1d6e2c7b8f90");
    expect(orderIdFromKey("checkout-1")).toBe("7917c0f2-d45d-53be-984f-b88d89c4e828");
  });

  test("is the same for the same key and another for another key", () => {
    expect(orderIdFromKey("a")).toBe(orderIdFromKey("a"));
    expect(orderIdFromKey("a")).not.toBe(orderIdFromKey("b"));
  });

  test("is an order id", () => {
    expect(isOrderId(orderIdFromKey("a"))).toBe(true);
  });
});

describe("an order id", () => {
  test.each([
    ["in upper case, which would be another key", "0D3CBF5E-7D5C-5A43-9C47-3F1E8A2B6C10"],
    ["without dashes", "0d3cbf5e7d5c5a439c473f1e8a2b6c10"],
    ["with a line break behind it", "0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10\n"],
    ["of no version", "0d3cbf5e-7d5c-0a43-9c47-3f1e8a2b6c10"],
    ["that is nil", "00000000-0000-0000-0000-000000000000"],
    ["that is empty", ""],
  ])("%s is refused", (_what, text) => {
    expect(isOrderId(text)).toBe(false);
  });
});

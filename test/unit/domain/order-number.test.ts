import { expect, test } from "vitest";
import { orderNumberOf } from "../../../src/domain/order-number.ts";
import { shortIdOf } from "../../../web/src/tracker/order-texts.ts";

test.each([
  ["0d3cbf5e-7d5c-5a43-9c47-3f1e8aba2035", "#BA2035"],
  ["0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10", "#2B6C10"],
  ["7", "#7"],
])("an order is called the same in its mail and on the page: %s", (orderId, number) => {
  expect([orderNumberOf(orderId), shortIdOf(orderId)]).toEqual([number, number]);
});

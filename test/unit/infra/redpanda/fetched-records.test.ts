/** What is handed out of a fetch, and what is kept as a dead letter instead. */
import { expect, test } from "vitest";
import { fetchedRecordOf } from "../../../../src/infra/redpanda/fetched-records.ts";
import { message } from "./inbox-world.ts";

const MEBIBYTE = 1_024 * 1_024;

test("hands out a record with its size", () => {
  const { record, bytes, parked } = fetchedRecordOf("orders", 2, message(7, { value: Buffer.from("value") }));
  expect(record).toMatchObject({ topic: "orders", shard: 2, offset: 7, key: "k", value: "value" });
  expect(bytes).toBeGreaterThan(5);
  expect(parked).toBe(null);
});

test("keeps a record that is larger than any topic takes as a dead letter with the beginning of its value", () => {
  const value = Buffer.alloc(3 * MEBIBYTE, "x");
  const { parked } = fetchedRecordOf("payments", 1, message(9, { value, headers: { huge: Buffer.alloc(100) } }));
  expect(parked?.reason).toMatchObject({ code: "record_too_large", retryable: false });
  expect(parked?.letter).toMatchObject({
    topic: "dead-letters",
    key: "k",
    headers: {
      "dead-letter-id": "payments/1/9",
      "dead-letter-code": "record_too_large",
      "dead-letter-detail": expect.stringContaining("its value is cut"),
    },
  });
  expect(parked?.letter?.headers).not.toHaveProperty("huge");
  expect(parked?.letter?.value).toHaveLength(64 * 1_024);
});

test("the largest record of an inbox topic is handed out", () => {
  expect(fetchedRecordOf("orders", 0, message(1, { value: Buffer.alloc(MEBIBYTE - 300) })).parked).toBe(null);
});

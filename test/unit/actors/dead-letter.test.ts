/** What is kept of a record that nobody can process: all of it, as far as a log takes it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { deadLetterOf } from "../../../src/actors/dead-letter.ts";
import type { LogRecord } from "../../../src/actors/ports.ts";
import { messageOf, recordOf, sizeOf } from "../../../src/infra/redpanda/record-bytes.ts";
import { maxRecordBytes } from "../../../src/infra/redpanda/topics.ts";

const NO_UTF8 = 0xff;
const LARGEST = maxRecordBytes("orders");

test("a record of a usual size is kept whole, with the reason and where it came from", () => {
  const record = logRecord({ key: "order-1", value: "{", headers: { trace: "7", "dead-letter-id": "forged" } });
  expect(deadLetterOf(record, "unreadable_message", "no JSON")).toEqual({
    topic: "dead-letters",
    key: "order-1",
    value: "{",
    headers: {
      trace: "7",
      "dead-letter-id": "payments/3/17",
      "dead-letter-code": "unreadable_message",
      "dead-letter-detail": "no JSON",
      "dead-letter-topic": "payments",
      "dead-letter-shard": "3",
      "dead-letter-offset": "17",
      "dead-letter-timestamp-ms": "1767614400000",
    },
  });
});

test("a key and headers that fit beside the payload stay as they are, however large", () => {
  const record = logRecord({
    key: "k".repeat(500_000),
    value: "v".repeat(400_000),
    headers: { long: "h".repeat(90_000) },
  });
  const { key, value, headers } = deadLetterOf(record, "unreadable_message", "no JSON");
  expect({ key, value, long: headers["long"] }).toEqual({ key: record.key, value: record.value, ...record.headers });
  expect(headers["dead-letter-detail"]).toBe("no JSON");
});

test("a key that has grown beyond what a log takes is cut, and the reason says so however long it is", () => {
  const record = logRecord({ key: "\ufffd".repeat(500_000), value: "v".repeat(100), headers: { trace: "7" } });
  const { key, value, headers } = deadLetterOf(record, "unreadable_message", "x".repeat(5_000));
  expect(key).toBe("\ufffd".repeat(1_024));
  expect(value).toBe(record.value);
  expect(headers).toMatchObject({ trace: "7" });
  expect(headers["dead-letter-detail"]).toMatch(/^x{1000,}; the key is cut$/);
  expect(headers["dead-letter-detail"]).toHaveLength(2_000);
});

test("headers for which there is no room are left out, the others stay, and the reason says how many", () => {
  const record = logRecord({ headers: { first: "1", grown: "\ufffd".repeat(500_000), last: "2" } });
  const { headers } = deadLetterOf(record, "unreadable_message", "no JSON");
  expect(headers).toMatchObject({ first: "1", last: "2", "dead-letter-detail": "no JSON; 1 headers are left out" });
  expect(headers).not.toHaveProperty("grown");
});

test("the log takes the letter of every record that an inbox topic takes", () => {
  const part = fc.record({ bytes: fc.integer({ min: 0, max: LARGEST }), byte: fc.constantFrom(NO_UTF8, 0x61, 0) });
  const brought = fc.record({
    key: part,
    value: part,
    header: part,
    name: part,
    headers: fc.constantFrom(1, 300),
    reason: fc.constantFrom("no JSON", "\ufffd".repeat(3_000)),
  });
  fc.assert(
    fc.property(brought, ({ key, value, header, name, headers: count, reason }) => {
      // No larger together than the topic takes.
      const share = Math.min(
        1,
        (LARGEST - 48 - 20 * count) / (key.bytes + value.bytes + header.bytes + name.bytes + 1),
      );
      const buffer = ({ bytes, byte }: typeof key, parts = 1) =>
        Buffer.alloc(Math.floor((bytes * share) / parts), byte);
      const headers = Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`${i}${buffer(name, count).toString()}`, buffer(header, count)]),
      );
      const message = { key: buffer(key), value: buffer(value), headers, offset: "17", timestamp: "1", attributes: 0 };
      const record = recordOf("payments", 3, message);
      const letter = deadLetterOf(record, "unreadable_message", reason);
      expect(sizeOf(messageOf(letter, 0))).toBeLessThanOrEqual(maxRecordBytes("dead-letters"));
      expect(letter.value).toEqual(record.value);
    }),
    { numRuns: 25 },
  );
});

function logRecord(parts: Partial<LogRecord>): LogRecord {
  const place = { topic: "payments", shard: 3, offset: 17, timestampMs: 1_767_614_400_000 } as const;
  return { ...place, key: "order-1", value: "{", headers: {}, ...parts };
}

/** Records to and from the bytes of the log, whatever another producer wrote. */
import type { KafkaMessage } from "kafkajs";
import { expect, test } from "vitest";
import { messageOf, recordOf, sizeOf } from "../../../../src/infra/redpanda/record-bytes.ts";
import { batchOf, decodedByKafkajs, recordsOf } from "./foreign-batch.ts";

test.each<[string, Uint8Array | null, string | Uint8Array]>([
  ["UTF-8 as text", Buffer.from('{"a":"ü🚚"}'), '{"a":"ü🚚"}'],
  ["text with a byte order mark as it is", Buffer.from("\ufeff{}"), "\ufeff{}"],
  ["a zero byte in the middle as text", Buffer.from("a\0b"), "a\0b"],
  ["what begins with a zero byte as bytes", Buffer.from([0, 0, 0, 0, 7, 65]), new Uint8Array([0, 0, 0, 0, 7, 65])],
  ["what is no UTF-8 as bytes", Buffer.from([0x7b, 0xff, 0xfe]), new Uint8Array([0x7b, 0xff, 0xfe])],
  ["nothing as empty text", null, ""],
  ["no bytes as empty text", Buffer.alloc(0), ""],
])("reads %s", (_, value, expected) => {
  expect(recordOf("orders", 1, message({ value: value as Buffer | null })).value).toEqual(expected);
});

test("reads bytes into memory of their own, so that they do not keep a whole fetch", () => {
  const fetched = Buffer.alloc(1_000);
  const { value } = recordOf("orders", 1, message({ value: fetched.subarray(10, 20) }));
  expect((value as Uint8Array).buffer.byteLength).toBe(10);
});

test("reads a missing key as an empty one", () => {
  expect(recordOf("orders", 1, message({ key: null }))).toMatchObject({
    key: "",
    shard: 1,
    offset: 5,
    timestampMs: 17,
  });
});

test("reads headers of any kind: repeated, empty, not UTF-8, and with names that mean something to JavaScript", () => {
  const headers = Object.fromEntries<Buffer | Buffer[] | undefined>([
    ["plain", Buffer.from("ü")],
    ["twice", [Buffer.from("1"), Buffer.from("2")]],
    ["none", undefined],
    ["bytes", Buffer.from([0xff])],
    ["__proto__", Buffer.from("x")],
  ]);
  const record = recordOf("orders", 1, message({ headers }));
  expect(Object.entries(record.headers)).toEqual([
    ["plain", "ü"],
    ["twice", "2"],
    ["none", ""],
    ["bytes", "\ufffd"],
    ["__proto__", "x"],
  ]);
});

test("measures and reads headers as kafkajs hands them over when their names mean something to JavaScript", async () => {
  const names = ["toString", "constructor", "__proto__", "valueOf", "hasOwnProperty", "length", ""];
  const headers = [...names, ...names].map((name, i) => [name, Buffer.from(`${i}`)] as const);
  const none = [...names, ...names].map((name) => [name, null] as const);
  const records = [{ headers }, { headers: headers.slice(0, names.length) }, { headers: none }];
  const messages = await decodedByKafkajs(batchOf(recordsOf(records), { count: records.length }));
  const read = messages.map((found) => {
    expect(sizeOf(found)).toBeLessThan(1_000);
    return Object.entries(recordOf("orders", 1, found).headers);
  });
  expect(read).toEqual([
    names.map((name, i) => [name, `${i + names.length}`]),
    names.map((name, i) => [name, `${i}`]),
    names.map((name) => [name, ""]),
  ]);
});

test("writes text as UTF-8 and bytes as they are", () => {
  const record = { topic: "orders", key: "ü", headers: { a: "b" } } as const;
  expect(messageOf({ ...record, value: "ö" }, 3)).toEqual({
    key: Buffer.from("ü"),
    value: Buffer.from("ö"),
    headers: { a: "b" },
    partition: 3,
  });
  const bytes = new Uint8Array([9, 0, 1, 2, 9]).subarray(1, 4);
  expect([...messageOf({ ...record, value: bytes }, 3).value]).toEqual([0, 1, 2]);
});

test("measures a record in bytes, and not too small", () => {
  const headers = { "content-type": "ü" };
  const size = sizeOf(messageOf({ topic: "orders", key: "ü", value: "🚚", headers }, 0));
  expect(size).toBeGreaterThanOrEqual(2 + 4 + 12 + 2 + 20);
  expect(size).toBeLessThan(120);
});

function message(parts: Partial<KafkaMessage>): KafkaMessage {
  const whole = {
    key: Buffer.from("k"),
    value: Buffer.from("v"),
    timestamp: "17",
    attributes: 0,
    offset: "5",
    headers: {},
  };
  return { ...whole, ...parts } as KafkaMessage;
}

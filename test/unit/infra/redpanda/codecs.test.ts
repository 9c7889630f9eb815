/** What kafkajs gets of a batch that another client compressed, or that is broken. */
import { Buffer } from "node:buffer";
import kafkajs, { type KafkaMessage } from "kafkajs";
import crc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import snappy from "snappyjs";
import { expect, test } from "vitest";
import {
  MAX_DECOMPRESSED_BYTES,
  MAX_RECORDS,
  readableRecords,
  registerCodecs,
  unreadableReason,
} from "../../../../src/infra/redpanda/codecs.ts";
import { COMPRESSIONS, type Compression } from "../../../../src/infra/redpanda/compression.ts";
import { defectOf, encodeRecords, headerOf } from "../../../../src/infra/redpanda/record-batch.ts";
import { batchOf, decodedByKafkajs, recordsOf } from "./foreign-batch.ts";

const HEADER_BYTES = 61;
const RECORDS = encodeRecords(
  Array.from({ length: 300 }, (_, i) => ({
    offsetDelta: i,
    headerName: "n",
    headerValue: Buffer.from(String(i)),
    value: Buffer.from(`the value of record ${i} `.repeat(40)),
  })),
);

test.each(COMPRESSIONS)("reads what $name makes of records", (compression) => {
  const payload = batch(compression, RECORDS, 300);
  expect(readableRecords(payload, compression).equals(RECORDS)).toBe(true);
});

test.each(COMPRESSIONS.slice(1))("takes records that $name cannot make smaller", (compression) => {
  const noise = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
  const records = encodeRecords([{ offsetDelta: 0, headerName: "n", headerValue: Buffer.alloc(0), value: noise }]);
  expect(readableRecords(batch(compression, records, 1), compression).equals(records)).toBe(true);
});

test("reads Snappy in blocks, as Java clients write it", () => {
  const xerial = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const parts: Buffer[] = [xerial];
  for (let at = 0; at < RECORDS.length; at += 32_768) {
    const block = snappy.compress(RECORDS.subarray(at, at + 32_768));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  const framed: Compression = { ...named("snappy"), compress: () => Buffer.concat(parts) };
  expect(readableRecords(batch(framed, RECORDS, 300), named("snappy")).equals(RECORDS)).toBe(true);
});

test("refuses a Snappy stream whose last block is cut off", () => {
  const framed = {
    ...named("snappy"),
    compress: () => Buffer.from("\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\0\0\0\x09ab", "latin1"),
  };
  expect(standIns(readableRecords(batch(framed, RECORDS, 2), named("snappy")))).toMatchObject([
    { reason: expect.stringContaining("a Snappy block is cut off") },
    { reason: "" },
  ]);
});

test.each(COMPRESSIONS)("gives stand-ins for a batch of $name with a flipped byte", (compression) => {
  const payload = batch(compression, RECORDS, 300);
  payload[100] = (payload[100] ?? 0) ^ 1;
  const found = standIns(readableRecords(payload, compression));
  expect(found).toHaveLength(300);
  expect(found.map(({ offsetDelta }) => offsetDelta)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(found[0]?.reason).toContain(`300 records (${compression.name}) cannot be read: its checksum does not match`);
  expect(found[0]?.value.equals(payload)).toBe(true);
  expect(found.slice(1).every(({ reason, value }) => reason === "" && value.length === 0)).toBe(true);
});

test.each(COMPRESSIONS.slice(1))("gives stand-ins for bytes that are no $name at all", (compression) => {
  const garbage: Compression = {
    ...compression,
    compress: () => Buffer.from("\xff\x00\x13 not compressed at all", "latin1"),
  };
  expect(standIns(readableRecords(batch(garbage, RECORDS, 1), compression))).toMatchObject([
    { reason: expect.stringContaining("cannot be read") },
  ]);
});

test.each(["gzip", "snappy", "zstd"])("does not let a small batch of %s grow without limit", (name) => {
  const records = encodeRecords([
    { offsetDelta: 0, headerName: "n", headerValue: Buffer.alloc(0), value: Buffer.alloc(MAX_DECOMPRESSED_BYTES) },
  ]);
  const found = standIns(readableRecords(batch(named(name), records, 1), named(name)));
  expect(found).toMatchObject([{ reason: expect.stringContaining("a batch of 1 records") }]);
});

test("gives stand-ins when the records are not what the header says, the last with the batch's last offset", () => {
  const payload = batch(named("no compression"), RECORDS, 301, 4_000);
  const found = standIns(readableRecords(payload, named("no compression")));
  expect(found).toHaveLength(301);
  expect(found.at(-1)?.offsetDelta).toBe(4_000);
});

test.each([
  ["can be decompressed", 250_000, Buffer.alloc(0)],
  ["grow beyond any message", 200_001, Buffer.alloc(160, "x")],
])(
  "keeps a small batch of very many records that %s as one letter, and reads on behind it",
  async (_, count, value) => {
    const huge = recordsOf(Array.from({ length: count }, () => ({ value })));
    const before = batchOf(recordsOf([{ value: Buffer.from("before") }]), { count: 1, firstOffset: 6 });
    const trap = batchOf(huge, { count, firstOffset: 7, compression: "zstd" });
    const behind = batchOf(recordsOf([{ value: Buffer.from("behind") }]), { count: 1, firstOffset: 7 + count });
    expect(trap.length).toBeLessThan(1_048_576);
    const [first, standIn, last, ...others] = await decodedByKafkajs(before, trap, behind);
    expect([first, last].map((found) => [found?.offset, String(found?.value)])).toEqual([
      ["6", "before"],
      [`${7 + count}`, "behind"],
    ]);
    expect(standIn?.offset).toBe(`${6 + count}`);
    expect(unreadableReason(standIn as KafkaMessage)).toBe(
      `a batch of ${count} records cannot be read: it has more than ${MAX_RECORDS}`,
    );
    expect(standIn?.value?.equals(trap.subarray(HEADER_BYTES))).toBe(true);
    expect(others).toEqual([]);
  },
);

test("a batch that claims more records than it has is kept, however many", async () => {
  const lie = batchOf(RECORDS, { count: 2_000_000_000 });
  const [standIn, ...others] = await decodedByKafkajs(lie);
  expect(standIn?.offset).toBe("1999999999");
  expect(unreadableReason(standIn as KafkaMessage)).toContain("2000000000 records");
  expect(others).toEqual([]);
});

test("leaves a batch that the end of a fetch cuts off to the next fetch", async () => {
  const whole = batchOf(RECORDS, { count: 300 });
  const cut = batchOf(RECORDS, { count: 2_000_000_000, firstOffset: 300 }).subarray(0, 200);
  expect(await decodedByKafkajs(whole, cut)).toHaveLength(300);
});

test("keeps a record with so many headers that reading them would take a worker minutes", async () => {
  const headers = Array.from({ length: 10_000 }, (_, i) => [`h${i}`, null] as const);
  const [standIn] = await decodedByKafkajs(batchOf(recordsOf([{ headers }]), { count: 1 }));
  expect(unreadableReason(standIn as KafkaMessage)).toContain("record 1 of 1 has too many headers");
  const usual = Array.from({ length: 5_000 }, () => ({ headers: headers.slice(0, 10) }));
  const read = await decodedByKafkajs(batchOf(recordsOf(usual), { count: usual.length }));
  expect(read.map(unreadableReason).filter((reason) => reason !== null)).toEqual([]);
});

test("finds the record whose parts do not fit", () => {
  expect(defectOf(RECORDS, 300)).toBe(null);
  expect(defectOf(RECORDS, 301)).toBe("record 301 of 301 is longer than its batch");
  const broken = Buffer.from(RECORDS);
  broken[5] = 0xff;
  expect(defectOf(broken, 300)).toBe("record 1 of 300 has parts that do not fit into it");
});

test("looks at nothing but the header of the batch", () => {
  const payload = batch(named("gzip"), RECORDS, 300);
  expect(headerOf(payload)).toEqual({ records: 300, lastOffsetDelta: 299, intact: true });
  expect(headerOf(Buffer.from("a buffer that no header comes before"))).toBe(null);
});

test("kafkajs knows a codec for each compression that a batch can name", async () => {
  registerCodecs();
  const codecs: Record<number, () => { decompress(bytes: Buffer): Promise<Buffer> }> = kafkajs.CompressionCodecs;
  for (const [type, compression] of COMPRESSIONS.entries()) {
    const records = await codecs[type]?.().decompress(batch(compression, RECORDS, 300));
    expect(records?.equals(RECORDS)).toBe(true);
  }
  const unknown = await codecs[6]?.().decompress(batch(named("gzip"), RECORDS, 1));
  expect(standIns(unknown ?? Buffer.alloc(0))[0]?.reason).toContain("this compression is not known");
});

function named(name: string): Compression {
  return COMPRESSIONS.find((compression) => compression.name === name) as Compression;
}

/** The records of a batch as kafkajs hands them to a codec: a view of the whole batch, behind its header. */
function batch(compression: Compression, records: Buffer, count: number, lastOffsetDelta = count - 1): Buffer {
  const payload = compression.compress(records);
  const response = Buffer.alloc(7 + HEADER_BYTES + payload.length);
  const header = response.subarray(7);
  payload.copy(header, HEADER_BYTES);
  header.writeInt32BE(HEADER_BYTES - 12 + payload.length, 8);
  header.writeInt8(2, 16);
  header.writeInt32BE(lastOffsetDelta, 23);
  header.writeInt32BE(count, 57);
  header.writeUInt32BE(crc32C(header.subarray(21)), 17);
  return header.subarray(HEADER_BYTES);
}

/** Decodes stand-ins as kafkajs does: the record's length, three numbers, no key, its value and its one header. */
function standIns(bytes: Buffer): { offsetDelta: number; value: Buffer; reason: string }[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const found: { offsetDelta: number; value: Buffer; reason: string }[] = [];
  while (at < bytes.length) {
    varint();
    take(2);
    const offsetDelta = varint();
    expect(varint()).toBe(-1);
    const value = take(varint());
    expect(varint()).toBe(1);
    expect(take(varint()).toString()).toMatch(/^unreadable-/);
    found.push({ offsetDelta, value, reason: take(varint()).toString() });
  }
  return found;
}

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { murmur2, shardOf } from "../../../src/actors/sharding.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("murmur2", () => {
  test.each([
    ["", 275_646_681],
    ["1", -1_993_445_489],
    ["12", 126_087_238],
    ["123", -267_702_483],
    ["1234", -1_614_185_708],
    ["12345", -1_188_365_604],
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("hashes %j as Kafka's Java client does", (text, hash) => {
    expect(murmur2(bytesOf(text))).toBe(hash);
  });

  test("hashes bytes above 127 as Kafka's Java client does", () => {
    expect(murmur2(Uint8Array.from([12, 42, 56, 24, 109, 111]))).toBe(274_204_207);
  });
});

describe("the shard of a key", () => {
  test("is the hash without its sign, modulo the shards, as Kafka's Java client partitions", () => {
    expect(shardOf("foobar", 10)).toBe(1_357_151_166 % 10);
    expect(shardOf("21", 64)).toBe((-973_932_308 & 0x7fffffff) % 64);
  });

  test("follows from the key's UTF-8 bytes, whatever its characters and length", () => {
    const keys = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: "grapheme", maxLength: 70 }));
    fc.assert(fc.property(keys, (key) => shardOf(key, 1_021) === (murmur2(bytesOf(key)) & 0x7fffffff) % 1_021));
  });

  test("is always one of the shards", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 1_024 }), (key, shards) => {
        const shard = shardOf(key, shards);
        expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      }),
    );
  });

  test("spreads order ids over all shards", () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 8_000; i++) {
      const shard = shardOf(`00000001-0000-7000-8000-${i.toString(16).padStart(12, "0")}`, 8);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(count).toBeGreaterThan(800);
  });
});

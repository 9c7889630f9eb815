/**
 * Which shard an order belongs to: murmur2 of its id, as Kafka's Java client partitions by key
 * (org.apache.kafka.common.utils.Utils#murmur2), so that every client of the topics agrees.
 */
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The shard of `key` among `shards`, from 0. */
export function shardOf(key: string, shards: number): number {
  return (murmur2(new TextEncoder().encode(key)) & 0x7fffffff) % shards;
}

/** The 32-bit murmur2 hash of `bytes`, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  const tail = length & ~3;
  for (let i = 0; i < tail; i += 4) {
    let word =
      byteAt(bytes, i) | (byteAt(bytes, i + 1) << 8) | (byteAt(bytes, i + 2) << 16) | (byteAt(bytes, i + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    word = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  for (let i = length - 1; i >= tail; i--) hash ^= byteAt(bytes, i) << ((i - tail) * 8);
  if (length > tail) hash = Math.imul(hash, MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

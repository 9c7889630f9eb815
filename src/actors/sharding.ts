/**
 * Which shard an order belongs to: murmur2 of its id, as Kafka's Java client partitions by key
 * (org.apache.kafka.common.utils.Utils#murmur2), so that every client of the topics agrees.
 */
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

const encoder = new TextEncoder();
/** Order ids are short, ASCII and hashed at every step of an order, so their bytes go into one place that is used again. */
const asciiBytes = new Uint8Array(64);

/** The shard of `key` among `shards`, from 0. */
export function shardOf(key: string, shards: number): number {
  const hash = copyAscii(key) ? murmur2(asciiBytes, key.length) : murmur2(encoder.encode(key));
  return (hash & 0x7fffffff) % shards;
}

/** Copies the UTF-8 bytes of a key into `asciiBytes`; false when it is longer or not ASCII. */
function copyAscii(key: string): boolean {
  if (key.length > asciiBytes.length) return false;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code > 0x7f) return false;
    asciiBytes[i] = code;
  }
  return true;
}

/** The 32-bit murmur2 hash of the first `length` bytes, as a signed integer. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
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

/**
 * A set of ids in constant memory: its size, and a sum that two different sets share only by a rare chance. Two passes that
 * saw the same ids in any order have equal tallies, and whatever they saw need not be kept.
 */
export interface Tally {
  add(id: string): void;
  equals(other: Tally): boolean;
  count(): number;
  sum(): bigint;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function createTally(): Tally {
  let count = 0;
  let sum = 0n;
  const tally: Tally = {
    add(id) {
      count += 1;
      sum = BigInt.asUintN(64, sum + hash(id));
    },
    equals: (other) => count === other.count() && sum === other.sum(),
    count: () => count,
    sum: () => sum,
  };
  return tally;
}

/** Two FNV-1a hashes of 32 bits, from both ends. */
function hash(text: string): bigint {
  let forward = FNV_OFFSET;
  let backward = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) {
    forward = Math.imul(forward ^ text.charCodeAt(i), FNV_PRIME);
    backward = Math.imul(backward ^ text.charCodeAt(text.length - 1 - i), FNV_PRIME);
  }
  return (BigInt(forward >>> 0) << 32n) | BigInt(backward >>> 0);
}

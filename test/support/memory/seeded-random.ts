/** Randomness that a test can repeat: the same seed gives the same ids and numbers. */
import type { Random } from "../../../src/actors/ports.ts";

/** Numbers come from the generator mulberry32; ids count up, in the form of a UUID. */
export function createSeededRandom(seed = 1): Random {
  let state = seed >>> 0;
  let ids = 0;
  return {
    id() {
      ids += 1;
      return `${seed.toString(16).padStart(8, "0")}-0000-7000-8000-${ids.toString(16).padStart(12, "0")}`;
    },
    fraction() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

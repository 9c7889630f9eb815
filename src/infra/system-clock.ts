/** The real clock and the real randomness, for everything that is not a simulation. */
import { v7 } from "uuid";
import type { Clock, Random } from "../actors/ports.ts";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Ids are UUIDs of version 7 (RFC 9562), which sort by time and so keep indexes compact. */
export const systemRandom: Random = {
  id: () => v7(),
  fraction: () => Math.random(),
};

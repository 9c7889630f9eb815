/**
 * Chance that depends on the moment, the matter and the one concerned, and on nothing that happens elsewhere: when a
 * part of a scenario is left out, the rest of it keeps its course.
 */
import { mix, textHash } from "./chance.ts";
import type { Timeline } from "./kernel.ts";

export interface Luck {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number, what: string, whose: string): number;
  happens(probability: number, what: string, whose: string): boolean;
  of<T>(choices: readonly T[], what: string, whose: string): T;
}

export function createLuck(seed: number, timeline: Pick<Timeline, "nowMs">): Luck {
  const fraction = (what: string, whose: string): number => {
    const moment = mix((seed ^ mix(timeline.nowMs() >>> 0)) >>> 0);
    return mix(textHash(whose, textHash(what, moment))) / 2 ** 32;
  };
  const between = (low: number, high: number, what: string, whose: string): number =>
    low + Math.floor(fraction(what, whose) * (high - low + 1));
  return {
    between,
    happens: (probability, what, whose) => fraction(what, whose) < probability,
    of<T>(choices: readonly T[], what: string, whose: string): T {
      if (choices.length === 0) throw new RangeError("there is nothing to choose from");
      return choices[between(0, choices.length - 1, what, whose)] as T;
    },
  };
}

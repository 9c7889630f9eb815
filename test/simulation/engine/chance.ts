/** Repeatable chance: a seed gives one stream of numbers, and the named streams of a seed do not disturb each other. */
export interface Chance {
  /** A number of at least 0 and below 1. */
  fraction(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  happens(probability: number): boolean;
  of<T>(choices: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

/** Numbers come from the generator mulberry32. */
export function createChance(seed: number, stream = ""): Chance {
  let state = textHash(stream, mix(seed));

  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return {
    fraction,
    between,
    happens: (probability) => fraction() < probability,
    of<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new RangeError("there is nothing to choose from");
      return choices[between(0, choices.length - 1)] as T;
    },
    shuffled<T>(items: readonly T[]): T[] {
      const shuffled = [...items];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const other = between(0, i);
        [shuffled[i], shuffled[other]] = [shuffled[other] as T, shuffled[i] as T];
      }
      return shuffled;
    },
  };
}

/** The FNV-1a hash of a text, continued from `hash`. */
export function textHash(text: string, hash = 0x811c9dc5): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed >>> 0;
}

/** Spreads the bits of a number of 32 bits over all of them. */
export function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

/** Counts what occurred over many seeds, so that a run can show that it went everywhere ("sometimes" assertions). */
export interface Coverage {
  hit(what: string, times?: number): void;
  counts(): ReadonlyMap<string, number>;
}

export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  return {
    hit: (what, times = 1) => void counts.set(what, (counts.get(what) ?? 0) + times),
    counts: () => counts,
  };
}

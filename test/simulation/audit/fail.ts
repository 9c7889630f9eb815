/** An invariant does not hold: the name that docs/simulation.md explains, and what was found instead. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export type Fail = (invariant: string, detail: string) => void;

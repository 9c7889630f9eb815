/** Works a selection of letters off, a part at a time: how far it is, what became of each letter, and a way to stop. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../../api/client.ts";
import type { Problem } from "../../api/problem.ts";
import type { LetterResult, PartResult } from "./letters-client.ts";

export interface PartsState {
  readonly items: readonly LetterResult[];
  readonly isRunning: boolean;
  /** Why a part failed; the letters of the parts before it are done. */
  readonly problem: Problem | null;
}

export interface Parts extends PartsState {
  /** Resolves with all results when the last part is done, or null when it was stopped or failed. */
  run(next: (cursor: string | null) => Promise<Answer<PartResult>>): Promise<readonly LetterResult[] | null>;
  /** Ends after the part in progress. */
  stop(): void;
  clear(): void;
}

const IDLE: PartsState = { items: [], isRunning: false, problem: null };

export function useParts(): Parts {
  const [state, setState] = useState(IDLE);
  const turn = useRef(0);
  const stop = useCallback(() => {
    turn.current += 1;
    setState((before) => ({ ...before, isRunning: false }));
  }, []);
  useEffect(
    () => () => {
      turn.current += 1;
    },
    [],
  );

  const run = useCallback(async (next: (cursor: string | null) => Promise<Answer<PartResult>>) => {
    turn.current += 1;
    const own = turn.current;
    setState({ ...IDLE, isRunning: true });
    const items: LetterResult[] = [];
    let cursor: string | null = null;
    do {
      const answer: Answer<PartResult> = await next(cursor);
      if (answer.type === "problem") {
        if (turn.current === own) setState({ items: [...items], isRunning: false, problem: answer.problem });
        return null;
      }
      items.push(...answer.value.items);
      cursor = answer.value.next;
      // What a stopped part did is still shown.
      setState((before) => ({ ...before, items: [...items] }));
      if (turn.current !== own) return null;
    } while (cursor !== null);
    setState({ items: [...items], isRunning: false, problem: null });
    return items;
  }, []);

  const clear = useCallback(() => {
    turn.current += 1;
    setState(IDLE);
  }, []);
  return { ...state, run, stop, clear };
}

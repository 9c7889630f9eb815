/**
 * State that outlives a reload, kept in the browser's local storage and shared by all tabs. Where storage is
 * blocked or full the state lives as long as the page; what is stored is parsed as if a stranger had written it.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

const CHANGED = "orderloom:stored";

interface Change {
  readonly key: string;
  readonly json: string;
}

/** The value under `key` and a function that replaces it. `parse` must be a stable function and accept anything. */
export function useStored<T>(
  key: string,
  parse: (value: unknown) => T,
): readonly [value: T, update: (change: (current: T) => T) => void] {
  const [json, setJson] = useState(() => readJson(key));
  const latest = useRef(json);
  const accept = useCallback((next: string | null) => {
    latest.current = next;
    setJson(next);
  }, []);

  useEffect(() => {
    const onOtherTab = (event: StorageEvent) => {
      if (event.key === key) accept(event.newValue);
    };
    const onThisTab = (event: Event) => {
      const change = (event as CustomEvent<Change>).detail;
      if (change.key === key) accept(change.json);
    };
    window.addEventListener("storage", onOtherTab);
    window.addEventListener(CHANGED, onThisTab);
    return () => {
      window.removeEventListener("storage", onOtherTab);
      window.removeEventListener(CHANGED, onThisTab);
    };
  }, [key, accept]);

  const update = useCallback(
    (change: (current: T) => T) => {
      const next = JSON.stringify(change(parse(parsed(latest.current))));
      if (next === latest.current) return;
      writeJson(key, next);
      accept(next);
      window.dispatchEvent(new CustomEvent<Change>(CHANGED, { detail: { key, json: next } }));
    },
    [key, parse, accept],
  );
  const value = useMemo(() => parse(parsed(json)), [json, parse]);
  return [value, update];
}

function readJson(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeJson(key: string, json: string): void {
  try {
    localStorage.setItem(key, json);
  } catch {
    // Blocked or full: the state stays in memory.
  }
}

function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

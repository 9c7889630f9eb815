/** Follows a media query, for layouts that differ in structure and not only in style. */
import { useEffect, useState } from "preact/hooks";

/** From this width on there is room for two columns. The style sheets use the same number. */
export const WIDE = "(min-width: 60rem)";

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = () => setMatches(list.matches);
    follow();
    list.addEventListener("change", follow);
    return () => list.removeEventListener("change", follow);
  }, [query]);
  return matches;
}

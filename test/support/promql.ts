/** Finds the metrics that a PromQL expression names. It is no parser: promtool checks the syntax. */

/** Words that stand where a metric could, and are none. */
const KEYWORDS = new Set(["and", "or", "unless", "offset", "bool", "inf", "nan"]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
/** Label matchers, ranges, and durations after `offset`. Strings are gone by then, so no bracket is inside of one. */
const SELECTORS = /\{[^}]*\}|\[[^\]]*\]|\boffset\s+\w+/g;

/** The names of the metrics in an expression, each once. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"|'[^']*'/g, "")
    .replace(GROUPING, " ")
    .replace(SELECTORS, " ");
  const words = [...bare.matchAll(/\b[a-zA-Z_][\w:]*\b(?!\s*\()/g)].map(([word]) => word);
  return [...new Set(words.filter((word) => !KEYWORDS.has(word.toLowerCase())))];
}

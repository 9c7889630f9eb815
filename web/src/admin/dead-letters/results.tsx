/** What became of letters, or would: a sum, and a line for each. */
import { Link } from "../../shell/router.tsx";
import type { LetterResult } from "./letters-client.ts";
import { summaryOf, textOf } from "./outcome-texts.ts";

/** More lines than this help nobody; the sum counts all. */
const MAX_LINES = 200;

export function Results({ items }: { readonly items: readonly LetterResult[] }) {
  if (items.length === 0) return null;
  return (
    <div class="letter-results">
      <p>
        <strong data-testid="result-summary">{summaryOf(items)}</strong>
      </p>
      <ul class="letter-result-list">
        {items.slice(0, MAX_LINES).map(({ id, outcome }) => {
          const { tone, title, detail } = textOf(outcome);
          return (
            <li key={id} class="letter-result" data-testid={`result-${id}`}>
              <Link href={`/admin/dead-letters/${id}`} class="mono">
                {id}
              </Link>
              <span class={`chip chip-${tone === "warn" ? "waiting" : tone}`}>{title}</span>
              {detail !== "" && <span class="soft letter-result-detail">{detail}</span>}
            </li>
          );
        })}
      </ul>
      {items.length > MAX_LINES && <p class="soft">and {items.length - MAX_LINES} more</p>}
    </div>
  );
}

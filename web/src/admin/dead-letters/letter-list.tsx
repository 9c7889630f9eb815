/** Dead letters, newest first, each a link to its page; those that can be settled have a box to choose them. */
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import type { LetterSummary } from "./letters-client.ts";

interface LetterListProps {
  readonly letters: readonly LetterSummary[];
  readonly chosen: ReadonlySet<string>;
  readonly canChoose: boolean;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}

export function LetterList({ letters, chosen, canChoose, onChoose }: LetterListProps) {
  if (letters.length === 0) return null;
  const isAllChosen = letters.every(({ id }) => chosen.has(id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  return (
    <div>
      {canChoose && (
        <label class="letter-choice letter-choice-all">
          <input
            type="checkbox"
            checked={isAllChosen}
            onChange={() => onChoose(isAllChosen ? new Set() : new Set(letters.map(({ id }) => id)))}
          />
          <span>Choose the {letters.length} that are shown</span>
        </label>
      )}
      <ul class="letters">
        {letters.map((letter) => (
          <li key={letter.id} class="letter" data-testid={`letter-${letter.id}`}>
            {canChoose && (
              <label class="letter-choice">
                <input type="checkbox" checked={chosen.has(letter.id)} onChange={() => toggle(letter.id)} />
                <span class="visually-hidden">Choose {letter.id}</span>
              </label>
            )}
            <Link href={`/admin/dead-letters/${letter.id}`} class="letter-link">
              <span class="letter-head">
                <strong>{letter.code}</strong>
                <span class="mono">{letter.id}</span>
                <time class="soft" dateTime={letter.parkedAt}>
                  {formatInstant(letter.parkedAt)}
                </time>
              </span>
              <span class="letter-detail">{letter.detail}</span>
              <span class="mono soft letter-preview">{letter.preview}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

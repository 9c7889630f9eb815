/** Dead letters by their reasons and in a list, from which some or all of a reason can be settled at once; or one of them. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { Empty, Failure, Skeleton } from "../../shell/notices.tsx";
import { mayActAs, type SectionProps } from "../section.ts";
import { LetterList } from "./letter-list.tsx";
import { LetterPage } from "./letter-page.tsx";
import {
  getGroups,
  LETTER_STATES,
  type LetterGroup,
  type LetterState,
  listLetters,
  type LetterPage as Page,
  type Selection,
} from "./letters-client.ts";
import { Settle } from "./settle.tsx";

/** The view follows its topic about a second later. */
const VIEW_FOLLOWS_MS = 1_500;

export function DeadLettersPage({ operator, rest }: SectionProps) {
  const [letterId] = rest;
  return letterId === undefined ? (
    <AllLetters canAct={mayActAs(operator, "support")} />
  ) : (
    <LetterPage key={letterId} letterId={letterId} canAct={mayActAs(operator, "support")} />
  );
}

function AllLetters({ canAct }: { readonly canAct: boolean }) {
  const [groups, setGroups] = useState<readonly LetterGroup[] | null>(null);
  const [page, setPage] = useState<Page | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [state, setState] = useState<LetterState>("open");
  const [code, setCode] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());

  const load = useCallback(
    async (cursor: string | null, signal?: AbortSignal) => {
      const [counted, listed] = await Promise.all([getGroups(signal), listLetters({ state, code, cursor }, signal)]);
      if (signal?.aborted) return;
      if (counted.type === "problem" || listed.type === "problem") {
        setProblem(counted.type === "problem" ? counted.problem : listed.type === "problem" ? listed.problem : null);
        return;
      }
      setProblem(null);
      setGroups(counted.value.groups);
      const { letters, next } = listed.value;
      setPage((shown) => ({ letters: cursor === null ? letters : [...(shown?.letters ?? []), ...letters], next }));
    },
    [state, code],
  );
  useEffect(() => {
    const reading = new AbortController();
    setPage(null);
    setChosen(new Set());
    setSettled(false);
    void load(null, reading.signal);
    return () => reading.abort();
  }, [load]);
  // What came of it stays in sight, though nothing is open any more.
  const [hasSettled, setSettled] = useState(false);
  const reload = useLater(() => void load(null), VIEW_FOLLOWS_MS);

  const onSettled = () => {
    setSettled(true);
    reload();
  };

  const open = (groups ?? []).filter((group) => code === null || group.code === code);
  const openCount = open.reduce((sum, group) => sum + group.open, 0);
  const selection: Selection = chosen.size > 0 ? { ids: [...chosen] } : code === null ? { all: true } : { code };
  const count = chosen.size > 0 ? chosen.size : openCount;

  return (
    <>
      <section class="card console-section" aria-labelledby="letters-title">
        <h1 id="letters-title">Dead letters</h1>
        <p class="soft">What could not be processed, kept whole. Mend the cause, try dry, and send it again.</p>
        {problem !== null && <Failure problem={problem} onRetry={() => void load(null)} />}
        {groups === null && problem === null && <Skeleton count={4} kind="mail" />}
        {groups !== null && groups.length > 0 && (
          <Filters groups={groups} code={code} state={state} onCode={setCode} onState={setState} />
        )}
        {page?.letters.length === 0 && (
          <Empty title={state === "open" ? "Nothing waits for you" : "None of these"}>
            <p>Messages that cannot be processed are listed here.</p>
          </Empty>
        )}
        {page !== null && (
          <LetterList
            letters={page.letters}
            chosen={chosen}
            canChoose={canAct && state === "open"}
            onChoose={setChosen}
          />
        )}
        {page !== null && page.next !== null && (
          <button type="button" class="button button-quiet button-wide" onClick={() => void load(page.next)}>
            Load older letters
          </button>
        )}
      </section>
      {canAct && state === "open" && (count > 0 || hasSettled) && (
        <section class="card console-section" aria-labelledby="settle-title">
          <h2 id="settle-title">{chosen.size > 0 ? `Settle ${chosen.size} chosen` : titleOf(code)}</h2>
          <Settle selection={selection} count={count} canDrop onDone={onSettled} />
        </section>
      )}
    </>
  );
}

function titleOf(code: string | null): string {
  return code === null ? "Settle all open letters" : `Settle all of ${code}`;
}

interface FiltersProps {
  readonly groups: readonly LetterGroup[];
  readonly code: string | null;
  readonly state: LetterState;
  readonly onCode: (code: string | null) => void;
  readonly onState: (state: LetterState) => void;
}

function Filters({ groups, code, state, onCode, onState }: FiltersProps) {
  return (
    <div class="letter-filters">
      <fieldset class="letter-groups" aria-label="Reason">
        <GroupButton
          label="All reasons"
          count={groups.reduce((sum, group) => sum + group[state], 0)}
          isChosen={code === null}
          onChoose={() => onCode(null)}
        />
        {groups.map((group) => (
          <GroupButton
            key={group.code}
            label={group.code}
            count={group[state]}
            isChosen={group.code === code}
            onChoose={() => onCode(group.code)}
          />
        ))}
      </fieldset>
      <div class="field letter-state">
        <label for="letter-state">State</label>
        <select
          id="letter-state"
          value={state}
          onChange={(event) => onState(event.currentTarget.value as LetterState)}
          data-testid="letter-state"
        >
          {LETTER_STATES.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

interface GroupButtonProps {
  readonly label: string;
  readonly count: number;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function GroupButton({ label, count, isChosen, onChoose }: GroupButtonProps) {
  return (
    <button
      type="button"
      class="letter-group"
      aria-pressed={isChosen}
      onClick={onChoose}
      data-testid={`group-${label.replaceAll(" ", "-")}`}
    >
      <span>{label}</span> <span class={count > 0 ? "count" : "count count-none"}>{count}</span>
    </button>
  );
}

/** Calls back a while after it was asked to, with what is true then; not when the page is left meanwhile. */
function useLater(callback: () => void, delayMs: number): () => void {
  const latest = useRef(callback);
  latest.current = callback;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(), delayMs);
  }, [delayMs]);
}

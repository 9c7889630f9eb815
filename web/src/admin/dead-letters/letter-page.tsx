/** One dead letter: why, where it came from, its payload to read or to edit, what was done with it, and settling it. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { Failure, Note, Skeleton } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { getLetter, type Letter, type LetterAct, type LetterEdit } from "./letters-client.ts";
import { Settle } from "./settle.tsx";

interface LetterPageProps {
  readonly letterId: string;
  readonly canAct: boolean;
}

/** The view follows its topic about a second later. */
const VIEW_FOLLOWS_MS = 1_500;

export function LetterPage({ letterId, canAct }: LetterPageProps) {
  const [letter, setLetter] = useState<Letter | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [changes, setChanges] = useState(0);
  const load = useCallback(
    async (signal?: AbortSignal) => {
      const answer = await getLetter(letterId, signal);
      if (signal?.aborted) return;
      setProblem(answer.type === "ok" ? null : answer.problem);
      if (answer.type === "ok") setLetter(answer.value);
    },
    [letterId],
  );
  useEffect(() => {
    const reading = new AbortController();
    const timer = setTimeout(() => void load(reading.signal), changes === 0 ? 0 : VIEW_FOLLOWS_MS);
    return () => {
      clearTimeout(timer);
      reading.abort();
    };
  }, [load, changes]);

  return (
    <>
      <Link href="/admin/dead-letters" class="button button-quiet reader-back-always">
        All dead letters
      </Link>
      {problem !== null && <Failure problem={problem} onRetry={() => void load()} />}
      {letter === null && problem === null && <Skeleton count={5} kind="line" />}
      {letter !== null && (
        <OneLetter letter={letter} canAct={canAct} onChange={() => setChanges((count) => count + 1)} />
      )}
    </>
  );
}

interface OneLetterProps {
  readonly letter: Letter;
  readonly canAct: boolean;
  readonly onChange: () => void;
}

function OneLetter({ letter, canAct, onChange }: OneLetterProps) {
  const [draft, setEdit] = useState<LetterEdit | null>(null);
  // What was sent is in the history; the letter itself shows what arrived.
  const edit = letter.state === "redriven" ? null : draft;
  const { id, state, code, detail, source, parkedAt, predecessor, headers, history } = letter;
  return (
    <>
      <section class="card console-section" aria-labelledby="letter-title">
        <h1 id="letter-title">
          {code} <span class={`chip ${state === "open" ? "chip-waiting" : "chip-good"}`}>{state}</span>
        </h1>
        <p>{detail}</p>
        <dl class="facts">
          <dt>Letter</dt>
          <dd class="mono">{id}</dd>
          <dt>Came from</dt>
          <dd>
            {source.topic}, shard {source.shard}, offset {source.offset}, {formatInstant(source.at)}
          </dd>
          <dt>Parked</dt>
          <dd>{formatInstant(parkedAt)}</dd>
          <dt>Key</dt>
          <dd class="mono">{letter.key}</dd>
          {predecessor !== null && (
            <>
              <dt>Sent again from</dt>
              <dd>
                <Link href={`/admin/dead-letters/${predecessor}`}>{predecessor}</Link>
              </dd>
            </>
          )}
          {headers.map(({ name, value }) => (
            <div class="fact" key={name}>
              <dt>{name}</dt>
              <dd class="mono">{value}</dd>
            </div>
          ))}
        </dl>
        <h2>Payload</h2>
        {edit === null ? (
          <pre class="letter-payload" data-testid="payload">
            {letter.payload}
          </pre>
        ) : (
          <EditLetter letter={letter} edit={edit} onEdit={setEdit} />
        )}
        {canAct && state !== "redriven" && (
          <button
            type="button"
            class="button button-quiet letter-edit"
            data-testid="edit"
            onClick={() =>
              setEdit(edit === null ? { payload: letter.encoding === "text" ? letter.payload : "" } : null)
            }
          >
            {edit === null ? "Edit before sending" : "Leave it as it was"}
          </button>
        )}
      </section>
      {history.length > 0 && <History history={history} />}
      {canAct && (
        <section class="card console-section" aria-labelledby="settle-title">
          <h2 id="settle-title">Settle it</h2>
          {state === "redriven" ? (
            <Note tone="plain" title="Its record was sent again">
              <p>If it failed again, there is a new letter that names this one.</p>
            </Note>
          ) : (
            <Settle
              selection={{ ids: [id] }}
              count={1}
              {...(edit === null ? {} : { edit })}
              canDrop={state === "open"}
              onDone={onChange}
            />
          )}
        </section>
      )}
    </>
  );
}

interface EditLetterProps {
  readonly letter: Letter;
  readonly edit: LetterEdit;
  readonly onEdit: (edit: LetterEdit) => void;
}

function EditLetter({ letter, edit, onEdit }: EditLetterProps) {
  return (
    <div class="letter-editor">
      <div class="field">
        <label for="letter-payload">Payload to send; the letter keeps its own</label>
        <textarea
          id="letter-payload"
          rows={12}
          spellcheck={false}
          value={edit.payload ?? ""}
          onInput={(event) => onEdit({ ...edit, payload: event.currentTarget.value })}
          data-testid="edit-payload"
        />
      </div>
      <div class="field">
        <label for="letter-key">Key, which must be the order id</label>
        <input
          id="letter-key"
          spellcheck={false}
          autoComplete="off"
          value={edit.key ?? letter.key}
          onInput={(event) => onEdit({ ...edit, key: event.currentTarget.value })}
          data-testid="edit-key"
        />
      </div>
    </div>
  );
}

function History({ history }: { readonly history: readonly LetterAct[] }) {
  return (
    <section class="card console-section" aria-labelledby="history-title">
      <h2 id="history-title">What was done with it</h2>
      <ol class="acts">
        {history.map(({ actId, act, at, operator, reason, editedPayload, editedKey }) => (
          <li key={actId} class="act" data-testid="history">
            <p>
              <strong>{act === "redriven" ? "Sent again" : "Dropped"}</strong> by {operator.name},{" "}
              <time dateTime={at}>{formatInstant(at)}</time>
            </p>
            <p>“{reason}”</p>
            {editedKey !== null && (
              <p>
                With the key <span class="mono">{editedKey}</span>
              </p>
            )}
            {editedPayload !== null && (
              <>
                <p>With this payload:</p>
                <pre class="letter-payload">{editedPayload}</pre>
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

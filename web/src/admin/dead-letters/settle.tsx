/**
 * Settles letters: a dry run first, whose result stands above the button that does it; or dropping them. Both want a
 * reason, which is kept with each letter.
 */
import { useLayoutEffect, useState } from "preact/hooks";
import { useAnnounce } from "../../shell/announcer.tsx";
import { Failure } from "../../shell/notices.tsx";
import {
  dropPart,
  type LetterEdit,
  type LetterResult,
  redriveEdited,
  redrivePart,
  type Selection,
} from "./letters-client.ts";
import { summaryOf } from "./outcome-texts.ts";
import { Results } from "./results.tsx";
import { useParts } from "./use-parts.ts";

interface SettleProps {
  readonly selection: Selection;
  /** How many letters are meant, as far as that is known. */
  readonly count: number;
  /** Sent instead of what the letter holds; only for a selection of one. */
  readonly edit?: LetterEdit;
  /** A dropped letter can be sent again, and not be dropped again. */
  readonly canDrop: boolean;
  readonly onDone: () => void;
}

export function Settle({ selection, count, edit, canDrop, onDone }: SettleProps) {
  const [reason, setReason] = useState("");
  const [done, setDone] = useState<"nothing" | "dryRun" | "all">("nothing");
  const [isDropping, setDropping] = useState(false);
  const forecast = useParts();
  const settling = useParts();
  const announce = useAnnounce();
  const subject = JSON.stringify([selection, edit]);
  // What was forecast is no longer true of anything else. A dry run may be asked for before the browser has painted the
  // change, and must not be taken for one of what was there before.
  useLayoutEffect(() => {
    setDone("nothing");
    setDropping(false);
    forecast.clear();
    settling.clear();
  }, [subject, forecast.clear, settling.clear]);

  const ask = (dryRun: boolean) => (cursor: string | null) => {
    const why = dryRun ? "dry run" : reason.trim();
    if (edit !== undefined && "ids" in selection)
      return redriveEdited(selection.ids[0] ?? "", edit, { reason: why, dryRun });
    return redrivePart(selection, { reason: why, dryRun, cursor });
  };
  const tryDry = async () => {
    settling.clear();
    const items = await forecast.run(ask(true));
    if (items === null) return;
    setDone("dryRun");
    announce(`Dry run: ${summaryOf(items)}`);
  };
  const finish = (items: readonly LetterResult[] | null) => {
    setDone("all");
    if (items !== null) announce(summaryOf(items));
    onDone();
  };
  const send = async () => finish(await settling.run(ask(false)));
  const drop = async () => {
    setDropping(false);
    finish(await settling.run((cursor) => dropPart(selection, { reason: reason.trim(), cursor })));
  };

  const isBusy = forecast.isRunning || settling.isRunning;
  const hasReason = reason.trim() !== "";
  return (
    <div class="settle">
      {done !== "all" && (
        <div class="settle-row">
          <button
            type="button"
            class="button button-primary"
            aria-disabled={isBusy}
            data-testid="dry-run"
            onClick={() => !isBusy && void tryDry()}
          >
            {forecast.isRunning ? `Trying… ${forecast.items.length} of ${count}` : `Try ${wordsOf(count)} dry`}
          </button>
          {done === "nothing" && <span class="soft">Says what would follow, and sends nothing.</span>}
        </div>
      )}
      {forecast.problem !== null && <Failure problem={forecast.problem} />}
      {done !== "all" && !settling.isRunning && <Results items={forecast.items} />}
      {done !== "all" && (done === "dryRun" || canDrop) && (
        <form
          class="settle-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!isBusy && hasReason && done === "dryRun") void send();
          }}
        >
          <div class="field">
            <label for="settle-reason">Reason</label>
            <input
              id="settle-reason"
              required
              maxLength={500}
              autoComplete="off"
              placeholder="Kept with each letter"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
              data-testid="reason"
            />
          </div>
          <div class="settle-row">
            {done === "dryRun" && (
              <button
                type="submit"
                class="button button-primary"
                aria-disabled={isBusy || !hasReason}
                data-testid="redrive"
              >
                Send {wordsOf(count)} again
              </button>
            )}
            {canDrop && !isDropping && (
              <button
                type="button"
                class="button button-bad"
                aria-disabled={isBusy || !hasReason}
                data-testid="drop"
                onClick={() => !isBusy && hasReason && setDropping(true)}
              >
                Drop {wordsOf(count)}…
              </button>
            )}
            {isDropping && (
              <div class="confirm" role="group" aria-label={`Drop ${wordsOf(count)}?`}>
                <button
                  type="button"
                  class="button button-bad"
                  aria-disabled={isBusy || !hasReason}
                  data-testid="confirm-drop"
                  onClick={() => !isBusy && hasReason && void drop()}
                >
                  Yes, drop {wordsOf(count)}
                </button>
                <button type="button" class="button button-quiet" onClick={() => setDropping(false)}>
                  Keep {count === 1 ? "it" : "them"}
                </button>
              </div>
            )}
          </div>
        </form>
      )}
      {settling.isRunning && (
        <div class="settle-row">
          <progress
            max={Math.max(count, settling.items.length)}
            value={settling.items.length}
            aria-label="Letters done"
          />
          <span>
            {settling.items.length} of {count}
          </span>
          <button type="button" class="button button-quiet" onClick={settling.stop}>
            Stop
          </button>
        </div>
      )}
      {settling.problem !== null && <Failure problem={settling.problem} />}
      <Results items={settling.items} />
    </div>
  );
}

function wordsOf(count: number): string {
  return count === 1 ? "one letter" : `${count} letters`;
}

/** What was tried with a mail, and what the mail server said. */
import { formatInstant } from "../../time.ts";

export interface MailAttempt {
  readonly attempt: number;
  readonly startedAt: string;
  readonly mayBeRepeat: boolean;
  readonly outcome: string | null;
  readonly response: string | null;
  readonly retryAt: string | null;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  accepted: "the mail server took it",
  refused: "the mail server refused it",
  deferred: "the mail server wants it later",
  unknown: "nobody can tell whether it arrived",
};

export function MailAttempts({ attempts }: { readonly attempts: readonly MailAttempt[] }) {
  return (
    <ol class="mail-attempts">
      {attempts.map(({ attempt, startedAt, mayBeRepeat, outcome, response, retryAt }) => (
        <li key={attempt}>
          Attempt {attempt}, {formatInstant(startedAt)}:{" "}
          {outcome === null ? "under way" : (OUTCOMES[outcome] ?? outcome)}
          {response !== null && <span class="soft mono"> {response}</span>}
          {mayBeRepeat && <span class="chip">said that it may be a repeat</span>}
          {retryAt !== null && <span class="soft"> next try {formatInstant(retryAt)}</span>}
        </li>
      ))}
    </ol>
  );
}

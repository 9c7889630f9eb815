/** One mail with its attempts and decisions, and the form that decides about it. */
import { useId, useState } from "preact/hooks";
import type { Problem } from "../../api/problem.ts";
import { Failure } from "../../shell/notices.tsx";
import { Link } from "../../shell/router.tsx";
import { formatInstant } from "../../time.ts";
import { adminPost } from "../admin-client.ts";
import { type MailAttempt, MailAttempts } from "./mail-attempts.tsx";

export interface StaffMail {
  readonly messageId: string;
  readonly orderId: string;
  readonly customer: { readonly name: string; readonly email: string };
  readonly state: string;
  readonly queuedAt: string;
  readonly nextTryAt: string | null;
  readonly held: boolean;
  readonly mayBeSent: boolean;
  readonly mayBeDropped: boolean;
  readonly attempts: readonly MailAttempt[];
  readonly decisions: readonly {
    readonly decision: "send" | "drop";
    readonly operator: { readonly name: string };
    readonly reason: string;
    readonly at: string;
  }[];
}

interface MailRowProps {
  readonly mail: StaffMail;
  readonly mayDecide: boolean;
  readonly onDecided: (mail: StaffMail, what: string) => void;
}

export function MailRow({ mail, mayDecide, onDecided }: MailRowProps) {
  const { messageId, orderId, customer, queuedAt, nextTryAt, attempts, decisions } = mail;
  const canDecide = mayDecide && (mail.mayBeSent || mail.mayBeDropped);
  return (
    <li class="act" data-testid={`mail-${orderId}`}>
      <p class="act-what">
        <strong>{customer.name}</strong> <span>{customer.email}</span> <span class="chip">{placeOf(mail)}</span>
      </p>
      <p class="soft act-who">
        <Link href={`/admin/orders/${orderId}`}>Order</Link> confirmed {formatInstant(queuedAt)}
        {nextTryAt !== null && `, next try ${formatInstant(nextTryAt)}`} <span class="mono">{messageId}</span>
      </p>
      <MailAttempts attempts={attempts} />
      {decisions.map(({ decision, operator, reason, at }) => (
        <p key={at}>
          {operator.name} {decision === "send" ? "had it sent" : "dropped it"}, {formatInstant(at)}: “{reason}”
        </p>
      ))}
      {canDecide && <Decide mail={mail} onDecided={onDecided} />}
    </li>
  );
}

function placeOf({ held, state, nextTryAt }: StaffMail): string {
  if (held) return "held";
  return nextTryAt === null ? state : `${state}, to be sent`;
}

function Decide({ mail, onDecided }: Pick<MailRowProps, "mail" | "onDecided">) {
  const [reason, setReason] = useState("");
  const [doing, setDoing] = useState<"send" | "drop" | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = useId();
  const hasReason = reason.trim() !== "";

  const decide = async (decision: "send" | "drop") => {
    if (doing !== null || !hasReason) return;
    setDoing(decision);
    const path = `/admin/mails/${encodeURIComponent(mail.messageId)}/decisions`;
    const answer = await adminPost<StaffMail>(path, { decision, reason: reason.trim() });
    setDoing(null);
    setProblem(answer.type === "ok" ? null : answer.problem);
    if (answer.type !== "ok") return;
    setReason("");
    onDecided(answer.value, decision === "send" ? "The mail is sent now" : "The mail is dropped");
  };
  const button = (decision: "send" | "drop", text: string, doingText: string, look: string) => (
    <button
      type="button"
      class={`button ${look}`}
      aria-disabled={!hasReason || doing !== null}
      onClick={() => void decide(decision)}
    >
      {doing === decision ? doingText : text}
    </button>
  );
  return (
    <form
      class="decide"
      onSubmit={(event) => event.preventDefault()}
      aria-label={`Decide about the mail to ${mail.customer.name}`}
    >
      <div class="field">
        <label for={id}>
          Why? It is kept for ever{mail.mayBeDropped && ", and the customer of a dropped mail reads it"}.
        </label>
        <input
          id={id}
          value={reason}
          maxLength={500}
          autocomplete="off"
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <div class="confirm">
        {mail.mayBeSent && button("send", "Send it now", "Sending…", "button-primary")}
        {mail.mayBeDropped && button("drop", "Drop it", "Dropping…", "button-bad")}
      </div>
      {problem !== null && <Failure problem={problem} />}
    </form>
  );
}

/** Mails of the ledger as the API shows them: to everybody who knows the order, and to staff. */
import { isHeld, mayBeRepeat, mayDecide } from "../actors/mail-decisions.ts";
import type { MailEntry } from "../actors/ports.ts";
import type { MailView } from "../schemas/mail-views.ts";
import type { StaffMailView } from "../schemas/staff-mails.ts";

export function mailView({ messageId, state, attempts, closed }: MailEntry): MailView {
  const shown = attempts.map(({ attempt, startedAtMs, outcome }) => ({
    attempt,
    startedAt: new Date(startedAtMs).toISOString(),
    mayBeRepeat: mayBeRepeat(attempts, attempt),
    outcome: outcome?.type ?? null,
    response: outcome?.response ?? null,
    retryAt: outcome !== null && "retryAtMs" in outcome ? isoOrNull(outcome.retryAtMs) : null,
  }));
  return { messageId, state, attempts: shown, closed };
}

/** With whom it is for, what people decided about it, and what they may decide now. */
export function staffMailView(entry: MailEntry): StaffMailView {
  const { orderId, customer, queuedAtMs, retryAtMs, decisions } = entry;
  return {
    ...mailView(entry),
    orderId,
    customer: { ...customer },
    queuedAt: new Date(queuedAtMs).toISOString(),
    nextTryAt: isoOrNull(retryAtMs),
    held: isHeld(entry),
    mayBeSent: mayDecide("send", entry),
    mayBeDropped: mayDecide("drop", entry),
    decisions: decisions.map(({ decision, operator, reason, atMs }) => ({
      decision,
      operator: { ...operator },
      reason,
      at: new Date(atMs).toISOString(),
    })),
  };
}

function isoOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

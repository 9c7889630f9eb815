/**
 * What people may decide about a mail, by where it is. An attempt under way is left alone, and so is a mail that the mail
 * server took. A mail that was refused or dropped may be sent after all: what was wrong may have been the server's
 * settings, and the order hears of the new outcome as it did of the old one.
 */
import type { MailDecision, MailEntry } from "./ports.ts";

type MailPlace = Pick<MailEntry, "state" | "closed">;

/** True when a decision about a mail still makes sense. */
export function mayDecide(decision: MailDecision["decision"], { state, closed }: MailPlace): boolean {
  const isOpen = !closed && (state === "unknown" || state === "deferred");
  return decision === "send" ? isOpen || state === "refused" || state === "dropped" : isOpen;
}

/** True when nothing happens to a mail until a person decides. */
export function isHeld({ state, closed, retryAtMs }: MailPlace & Pick<MailEntry, "retryAtMs">): boolean {
  return state === "unknown" && !closed && retryAtMs === null;
}

/** True when an attempt may have brought its customer the mail a second time. */
export function mayBeRepeat(attempts: MailEntry["attempts"], attempt: number): boolean {
  return attempts.some((earlier) => earlier.attempt < attempt && (earlier.outcome?.type ?? "unknown") === "unknown");
}

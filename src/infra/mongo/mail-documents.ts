/**
 * A mail of the ledger as a document, with the whole history of its attempts. `pending` says what has to happen next, in
 * the order of `pendingAt`, and its partial index holds only mails where something has to, so that every operation of
 * the sender costs the same with a million mails done.
 */
import type { ObjectId } from "mongodb";
import type {
  ConfirmationMail,
  MailAttempt,
  MailDecision,
  MailEntry,
  MailOutcome,
  MailState,
  Resend,
} from "../../actors/ports.ts";
import { withExactIntegers } from "./exact-integers.ts";
import type { NewMail } from "./view-plan.ts";

/**
 * `due`: to be tried from then on. `attempting`: its lease ends then. `unreported`: its order does not know the outcome.
 * `held`: left to a person. `late`: closed while it was attempted, and its outcome came afterwards; nothing is left to do,
 * but it is not in the tallies of closed mails. A mail without any of these is closed and in the tallies.
 */
export type Pending = "due" | "attempting" | "unreported" | "held" | "late";

export interface StoredOutcome {
  readonly type: MailOutcome["type"];
  readonly response: string;
  readonly retryAt: Date | null;
}

export interface MailDocument {
  /** The Message-ID. */
  readonly _id: string;
  readonly shard: number;
  readonly orderId: string;
  readonly mail: ConfirmationMail;
  readonly queuedAt: Date;
  readonly state: MailState;
  readonly pending?: Pending;
  readonly pendingAt?: Date;
  /** The number of the last attempt; 0 before the first. */
  readonly attempt: number;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly startedAt: Date;
    readonly outcome: StoredOutcome | null;
  }[];
  readonly owner?: string;
  /** The operation that took the last step with this mail, so that it can tell which mails it had. */
  readonly step: ObjectId;
  /** The order knows the outcome. */
  readonly closed: boolean;
  /** Absent while nobody has decided about it. */
  readonly decisions?: readonly StoredDecision[];
}

export interface StoredDecision {
  readonly decision: MailDecision["decision"];
  readonly keyId: string;
  readonly name: string;
  readonly reason: string;
  readonly at: Date;
  readonly afterAttempt: number;
}

/** A mail that is new in the ledger, with its first attempt when it is claimed. */
export function newMailDocument({ mail: queued, claim }: NewMail, step: ObjectId): MailDocument {
  const { shard, queuedAtMs, mail } = queued;
  const queuedAt = new Date(queuedAtMs);
  const common = {
    _id: mail.messageId,
    shard,
    orderId: mail.orderId,
    mail: withExactIntegers(mail) as ConfirmationMail,
    queuedAt,
    step,
    closed: false,
  };
  if (claim === null) {
    return { ...common, state: "queued", pending: "due", pendingAt: queuedAt, attempt: 0, attempts: [] };
  }
  return {
    ...common,
    state: "attempting",
    pending: "attempting",
    pendingAt: new Date(claim.leaseUntilMs),
    attempt: 1,
    attempts: [{ attempt: 1, startedAt: new Date(claim.nowMs), outcome: null }],
    owner: claim.owner,
  };
}

/** The attempt that a mail is in. */
export function attemptOf({ shard, mail, attempt, attempts, queuedAt, decisions = [] }: MailDocument): MailAttempt {
  const earlier = attempts.filter((other) => other.attempt < attempt);
  const unknownAttempts = earlier.filter(({ outcome }) => outcome === null || outcome.type === "unknown").length;
  return { shard, mail, attempt, queuedAtMs: queuedAt.getTime(), unknownAttempts, resend: resendOf(decisions) };
}

function resendOf(decisions: readonly StoredDecision[]): Resend | null {
  const index = decisions.findLastIndex(({ decision }) => decision === "send");
  const last = decisions[index];
  if (last === undefined) return null;
  return { round: index + 1, atMs: last.at.getTime(), afterAttempt: last.afterAttempt };
}

export function entryOf(document: MailDocument): MailEntry {
  const { _id: messageId, orderId, shard, mail, queuedAt, state, pending, pendingAt, attempts, closed } = document;
  const { decisions = [] } = document;
  const isRetried = pending === "due" && state !== "queued";
  return {
    messageId,
    orderId,
    shard,
    customer: mail.customer,
    queuedAtMs: queuedAt.getTime(),
    state,
    attempts: attempts.map(({ attempt, startedAt, outcome }) => ({
      attempt,
      startedAtMs: startedAt.getTime(),
      outcome: outcome === null ? null : outcomeOf(outcome),
    })),
    retryAtMs: isRetried && pendingAt !== undefined ? pendingAt.getTime() : null,
    closed,
    decisions: decisions.map(({ decision, keyId, name, reason, at }) => ({
      decision,
      operator: { keyId, name },
      reason,
      atMs: at.getTime(),
    })),
  };
}

export function storedOutcome(outcome: MailOutcome): StoredOutcome {
  const { type, response } = outcome;
  const retryAtMs = "retryAtMs" in outcome ? outcome.retryAtMs : null;
  return { type, response, retryAt: retryAtMs === null ? null : new Date(retryAtMs) };
}

export function outcomeOf({ type, response, retryAt }: StoredOutcome): MailOutcome {
  if (type === "accepted" || type === "refused") return { type, response };
  if (type === "unknown") return { type, response, retryAtMs: retryAt?.getTime() ?? null };
  if (retryAt === null) throw new Error("a deferred attempt has no time to be tried again");
  return { type, response, retryAtMs: retryAt.getTime() };
}

/** The ledger of mails as a map. The view store beside it puts mails in and closes them. */
import { isHeld, mayDecide } from "../../../src/actors/mail-decisions.ts";
import type {
  FinishedMail,
  MailAttempt,
  MailClaim,
  MailDecision,
  MailEntry,
  MailLedger,
  MailOutcome,
  MailState,
  QueuedMail,
  Resend,
} from "../../../src/actors/ports.ts";
import { copyOfJson } from "./copy-of-json.ts";

export interface MemoryMailLedger extends MailLedger {
  /** Puts a mail in, unless it is there; with a claim, the first attempt of a new one is returned. */
  enqueue(mail: QueuedMail, claim?: MailClaim): readonly MailAttempt[];
  close(messageId: string, round: number): void;
}

interface Attempt {
  readonly attempt: number;
  readonly startedAtMs: number;
  outcome: MailOutcome | null;
}

interface StoredMail {
  readonly queued: QueuedMail;
  readonly attempts: Attempt[];
  state: MailState;
  /** When it may be claimed; null when nothing is to be sent. */
  dueMs: number | null;
  lease: { readonly owner: string; readonly untilMs: number } | null;
  closed: boolean;
  readonly decisions: { readonly decision: MailDecision; readonly afterAttempt: number }[];
}

export function createMemoryMailLedger(): MemoryMailLedger {
  /** In the order of their enqueueing. */
  const mails = new Map<string, StoredMail>();

  return {
    enqueue(queued, claim) {
      const { messageId } = queued.mail;
      if (mails.has(messageId)) return [];
      const { queuedAtMs: dueMs } = queued;
      const mail: StoredMail = {
        queued: copyOfJson(queued),
        attempts: [],
        state: "queued",
        dueMs,
        lease: null,
        closed: false,
        decisions: [],
      };
      mails.set(messageId, mail);
      if (claim === undefined) return [];
      return [startAttempt(mail, { owner: claim.owner, untilMs: claim.leaseUntilMs }, claim.nowMs)];
    },
    close(messageId, round) {
      const mail = mails.get(messageId);
      if (mail === undefined || mail.decisions.length > round) return;
      mail.closed = true;
      mail.dueMs = null;
    },
    async claim({ shards, owner, nowMs, leaseUntilMs, limit }) {
      return [...mails.values()]
        .flatMap((mail) => (mail.dueMs !== null && mail.dueMs <= nowMs ? [{ mail, dueMs: mail.dueMs }] : []))
        .filter(({ mail }) => shards.includes(mail.queued.shard))
        .toSorted((a, b) => a.dueMs - b.dueMs)
        .slice(0, limit)
        .map(({ mail }) => startAttempt(mail, { owner, untilMs: leaseUntilMs }, nowMs));
    },
    async record(outcomes) {
      for (const { messageId, attempt, outcome } of outcomes) {
        const mail = mails.get(messageId);
        const isCurrent = mail !== undefined && mail.attempts.length === attempt;
        if (isCurrent && (mail.state === "attempting" || mail.state === "unknown")) finish(mail, outcome);
      }
    },
    async abandon({ nowMs, exceptOwner, retryAtMs }) {
      const lost = [...mails.values()].filter(
        ({ lease }) =>
          lease !== null && (lease.untilMs < nowMs || (exceptOwner !== undefined && lease.owner !== exceptOwner)),
      );
      for (const mail of lost) finish(mail, { type: "unknown", response: "the sender is gone", retryAtMs });
      return lost.map(({ queued }) => queued.mail.messageId);
    },
    async unreported(shards, limit) {
      return [...mails.values()]
        .filter(({ queued, closed, dueMs }) => !closed && dueMs === null && shards.includes(queued.shard))
        .toSorted((a, b) => a.queued.queuedAtMs - b.queued.queuedAtMs)
        .flatMap(finishedOf)
        .slice(0, limit);
    },
    async counts() {
      const counts = { queued: 0, attempting: 0, accepted: 0, refused: 0, deferred: 0, unknown: 0, dropped: 0 };
      for (const { state } of mails.values()) counts[state] += 1;
      return counts;
    },
    async scan({ afterMessageId, limit }) {
      return [...mails.keys()]
        .filter((messageId) => messageId > afterMessageId)
        .toSorted()
        .slice(0, limit)
        .map((messageId) => entryOf(mails.get(messageId) as StoredMail));
    },
    async get(messageIds) {
      return messageIds.flatMap((messageId) => {
        const mail = mails.get(messageId);
        return mail === undefined ? [] : [entryOf(mail)];
      });
    },
    async list({ filter, limit, after }) {
      return [...mails.values()]
        .map(entryOf)
        .filter((entry) => (filter === "held" ? isHeld(entry) : entry.state === filter))
        .toSorted(latestFirst)
        .filter((entry) => after === undefined || latestFirst(after, entry) < 0)
        .slice(0, limit);
    },
    async decide(messageId, decision) {
      const mail = mails.get(messageId);
      if (mail === undefined) return "missing";
      if (!mayDecide(decision.decision, mail)) return "undecidable";
      mail.decisions.push({ decision: copyOfJson(decision), afterAttempt: mail.attempts.length });
      mail.closed = false;
      if (decision.decision === "drop") mail.state = "dropped";
      mail.dueMs = decision.decision === "send" ? decision.atMs : null;
      return "decided";
    },
  };
}

function latestFirst(a: Pick<MailEntry, "queuedAtMs" | "messageId">, b: typeof a): number {
  return b.queuedAtMs - a.queuedAtMs || (a.messageId < b.messageId ? 1 : a.messageId > b.messageId ? -1 : 0);
}

function finishedOf({ queued: { mail }, attempts, state, decisions }: StoredMail): FinishedMail[] {
  const round = decisions.length;
  const dropped = decisions.at(-1)?.decision;
  if (state === "dropped" && dropped !== undefined) {
    return [{ mail, outcome: { type: "dropped", response: dropped.reason }, round }];
  }
  const outcome = attempts.at(-1)?.outcome;
  if (outcome?.type !== "accepted" && outcome?.type !== "refused") return [];
  return [{ mail, outcome: { type: outcome.type, response: outcome.response }, round }];
}

function resendOf({ decisions }: StoredMail): Resend | null {
  const index = decisions.findLastIndex(({ decision }) => decision.decision === "send");
  const last = decisions[index];
  return last === undefined ? null : { round: index + 1, atMs: last.decision.atMs, afterAttempt: last.afterAttempt };
}

function startAttempt(mail: StoredMail, lease: { owner: string; untilMs: number }, nowMs: number): MailAttempt {
  const { queued, attempts } = mail;
  const unknownAttempts = attempts.filter(({ outcome }) => outcome === null || outcome.type === "unknown").length;
  attempts.push({ attempt: attempts.length + 1, startedAtMs: nowMs, outcome: null });
  mail.state = "attempting";
  mail.dueMs = null;
  mail.lease = lease;
  return {
    shard: queued.shard,
    mail: copyOfJson(queued.mail),
    attempt: attempts.length,
    queuedAtMs: queued.queuedAtMs,
    unknownAttempts,
    resend: resendOf(mail),
  };
}

function finish(mail: StoredMail, outcome: MailOutcome): void {
  const current = mail.attempts.at(-1);
  if (current !== undefined) current.outcome = outcome;
  mail.state = outcome.type;
  mail.lease = null;
  // A late outcome must not take back what somebody decided, unless the mail turns out to have been taken.
  const isDecided = mail.decisions.at(-1)?.afterAttempt === mail.attempts.length;
  if (isDecided && outcome.type !== "accepted") return;
  mail.dueMs = "retryAtMs" in outcome && !mail.closed ? outcome.retryAtMs : null;
}

function entryOf({ queued, attempts, state, dueMs, closed, decisions }: StoredMail): MailEntry {
  return {
    messageId: queued.mail.messageId,
    orderId: queued.mail.orderId,
    shard: queued.shard,
    customer: { ...queued.mail.customer },
    queuedAtMs: queued.queuedAtMs,
    state,
    attempts: attempts.map((attempt) => ({ ...attempt })),
    retryAtMs: state === "queued" ? null : dueMs,
    closed,
    decisions: decisions.map(({ decision }) => decision),
  };
}

/** The ledger of mails as a map. The view store beside it puts mails in and closes them. */
import type {
  ConfirmationMail,
  MailAttempt,
  MailClaim,
  MailEntry,
  MailLedger,
  MailOutcome,
  MailState,
  QueuedMail,
} from "../../../src/actors/ports.ts";

export interface MemoryMailLedger extends MailLedger {
  /** Puts a mail in, unless it is there; with a claim, the first attempt of a new one is returned. */
  enqueue(mail: QueuedMail, claim?: MailClaim): readonly MailAttempt[];
  close(messageId: string): void;
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
}

export function createMemoryMailLedger(): MemoryMailLedger {
  /** In the order of their enqueueing. */
  const mails = new Map<string, StoredMail>();

  return {
    enqueue(queued, claim) {
      const { messageId } = queued.mail;
      if (mails.has(messageId)) return [];
      const { queuedAtMs: dueMs } = queued;
      const mail: StoredMail = { queued, attempts: [], state: "queued", dueMs, lease: null, closed: false };
      mails.set(messageId, mail);
      if (claim === undefined) return [];
      return [startAttempt(mail, { owner: claim.owner, untilMs: claim.leaseUntilMs }, claim.nowMs)];
    },
    close(messageId) {
      const mail = mails.get(messageId);
      if (mail === undefined) return;
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
        .filter(({ queued, closed }) => !closed && shards.includes(queued.shard))
        .toSorted((a, b) => a.queued.queuedAtMs - b.queued.queuedAtMs)
        .flatMap(({ queued, attempts }) => {
          const outcome = attempts.at(-1)?.outcome;
          return outcome?.type === "accepted" || outcome?.type === "refused" ? [{ mail: queued.mail, outcome }] : [];
        })
        .slice(0, limit);
    },
    async counts() {
      const counts = { queued: 0, attempting: 0, accepted: 0, refused: 0, deferred: 0, unknown: 0 };
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
  };
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
    mail: structuredClone<ConfirmationMail>(queued.mail),
    attempt: attempts.length,
    queuedAtMs: queued.queuedAtMs,
    unknownAttempts,
  };
}

function finish(mail: StoredMail, outcome: MailOutcome): void {
  const current = mail.attempts.at(-1);
  if (current !== undefined) current.outcome = outcome;
  mail.state = outcome.type;
  mail.lease = null;
  mail.dueMs = "retryAtMs" in outcome && !mail.closed ? outcome.retryAtMs : null;
}

function entryOf({ queued, attempts, state, dueMs, closed }: StoredMail): MailEntry {
  return {
    messageId: queued.mail.messageId,
    orderId: queued.mail.orderId,
    shard: queued.shard,
    state,
    attempts: attempts.map((attempt) => ({ ...attempt })),
    retryAtMs: state === "queued" ? null : dueMs,
    closed,
  };
}

/**
 * The ledger of mails in SQL. A mail's `pending` column and its partial index hold only what still has
 * something to happen, so that every operation of the sender costs the same with a million mails done.
 */
import { mayDecide } from "../../actors/mail-decisions.ts";
import type { MailClaim, MailDecision, MailOutcome, MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

const INSERT_ATTEMPT = "INSERT INTO mail_attempts VALUES (?, ?, ?, NULL)";

export interface NewMail {
  readonly messageId: string;
  readonly orderId: string;
  readonly shard: number;
  readonly queuedAtMs: number;
  /** JSON. */
  readonly mail: string;
}

/** Puts a mail into the ledger, unless it is there. The caller counts it (`countMails`) when this returns true. */
export function enqueueMail(database: OpenDatabase, { messageId, orderId, shard, queuedAtMs, mail }: NewMail): boolean {
  const { changes } = database
    .statement(
      `INSERT INTO mails (message_id, order_id, shard, mail, queued_at_ms, state, pending, pending_ms, attempt, closed)
       VALUES (?, ?, ?, ?, ?, 'queued', 'due', ?, 0, 0) ON CONFLICT DO NOTHING`,
    )
    .run(messageId, orderId, shard, mail, queuedAtMs, queuedAtMs);
  return changes !== 0;
}

/** The same for a mail that is sent at once: its first attempt is stored with it. */
export function enqueueClaimedMail(database: OpenDatabase, mail: NewMail, claimed: MailClaim): boolean {
  const { messageId, orderId, shard, queuedAtMs } = mail;
  const { changes, lastInsertRowid } = database
    .statement(
      `INSERT INTO mails (message_id, order_id, shard, mail, queued_at_ms, state, pending, pending_ms, attempt, owner, closed)
       VALUES (?, ?, ?, ?, ?, 'attempting', 'attempting', ?, 1, ?, 0) ON CONFLICT DO NOTHING`,
    )
    .run(messageId, orderId, shard, mail.mail, queuedAtMs, claimed.leaseUntilMs, claimed.owner);
  if (changes === 0) return false;
  database.statement(INSERT_ATTEMPT).run(lastInsertRowid, 1, claimed.nowMs);
  return true;
}

/** The order knows what came of `round` decisions: nothing is left to report, nor to send. */
export function closeMail(database: OpenDatabase, messageId: string, round: number): void {
  database
    .statement(
      `UPDATE mails SET closed = 1, pending = iif(pending = 'attempting', pending, NULL)
       WHERE message_id = ? AND decisions <= ?`,
    )
    .run(messageId, round);
}

const NO_RESEND: readonly Cell[] = [null, null, null];

export interface Claim extends MailClaim {
  readonly shards: readonly number[];
  readonly limit: number;
}

/**
 * Stores an attempt of each due mail; returns flat groups of shard, mail, attempt, queuedAtMs, its unknown attempts, and
 * the last decision to send it as round, time and attempt before it, or nulls.
 */
export function claim(database: OpenDatabase, { shards, owner, nowMs, leaseUntilMs, limit }: Claim): readonly Cell[] {
  const due = database.statement(
    `SELECT number, state FROM mails WHERE pending = 'due' AND pending_ms <= ? AND shard IN (SELECT value FROM json_each(?))
     ORDER BY pending_ms, number LIMIT ?`,
  );
  const start = database.statement(
    `UPDATE mails SET state = 'attempting', pending = 'attempting', pending_ms = ?, attempt = attempt + 1, owner = ?
     WHERE number = ? RETURNING shard, mail, attempt, queued_at_ms, decisions`,
  );
  const unclear = database.statement(
    "SELECT count(*) FROM mail_attempts WHERE mail = ? AND (outcome IS NULL OR outcome ->> 'type' = 'unknown')",
  );
  const resend = database.statement(
    "SELECT round, at_ms, after_attempt FROM mail_decisions WHERE mail = ? AND decision = 'send' ORDER BY round DESC LIMIT 1",
  );
  const attempts = database.statement(INSERT_ATTEMPT);
  const candidates = rowsOf(due, nowMs, JSON.stringify(shards), limit) as readonly [number, MailState][];
  const counts: CountChanges = new Map();
  const cells = candidates.flatMap(([number, state]) => {
    const started = rowOf(start, leaseUntilMs, owner, number) as readonly Cell[];
    const unknownAttempts = state === "queued" ? 0 : (rowOf(unclear, number)?.[0] as number);
    attempts.run(number, started[2] as number, nowMs);
    move(counts, state, "attempting");
    const decided = started[4] === 0 ? NO_RESEND : (rowOf(resend, number) ?? NO_RESEND);
    return [...started.slice(0, 4), unknownAttempts, ...decided];
  });
  countMails(database, counts);
  return cells;
}

export interface RecordedOutcome {
  readonly messageId: string;
  readonly attempt: number;
  readonly outcome: MailOutcome;
}

/** Stores outcomes of current attempts; one that was given up counts while nobody has tried again. */
export function record(database: OpenDatabase, outcomes: readonly RecordedOutcome[]): void {
  const current = database.statement(
    `SELECT number, state, closed, queued_at_ms,
       decisions > 0 AND EXISTS (
         SELECT 1 FROM mail_decisions WHERE mail = number AND round = decisions AND after_attempt = attempt)
     FROM mails WHERE message_id = ? AND attempt = ? AND state IN ('attempting', 'unknown')`,
  );
  const counts: CountChanges = new Map();
  for (const { messageId, attempt, outcome } of outcomes) {
    const mail = rowOf(current, messageId, attempt) as readonly [number, MailState, number, number, number] | undefined;
    if (mail === undefined) continue;
    const [number, state, closed, queuedAtMs, decided] = mail;
    const isDecided = decided === 1;
    finish(database, counts, { number, state, closed: closed === 1, isDecided, attempt, queuedAtMs }, outcome);
  }
  countMails(database, counts);
}

export interface Abandonment {
  readonly nowMs: number;
  readonly exceptOwner: string | null;
  readonly retryAtMs: number | null;
}

/** Marks attempts whose owner is gone as unknown; returns their Message-IDs. */
export function abandon(database: OpenDatabase, { nowMs, exceptOwner, retryAtMs }: Abandonment): readonly string[] {
  const orphans = rowsOf(
    database.statement(
      `SELECT number, attempt, closed, queued_at_ms, message_id FROM mails
       WHERE pending = 'attempting' AND (pending_ms < ? OR owner <> ?) ORDER BY number`,
    ),
    nowMs,
    exceptOwner,
  ) as readonly [number, number, number, number, string][];
  const response = "the sender stopped before it stored an outcome";
  const counts: CountChanges = new Map();
  for (const [number, attempt, closed, queuedAtMs] of orphans) {
    const mail = { number, state: "attempting", closed: closed === 1, isDecided: false, attempt, queuedAtMs } as const;
    finish(database, counts, mail, { type: "unknown", response, retryAtMs });
  }
  countMails(database, counts);
  return orphans.map(([, , , , messageId]) => messageId);
}

/** Stores what a person decided, and lets it take effect. */
export function decide(
  database: OpenDatabase,
  { messageId, decision }: { readonly messageId: string; readonly decision: MailDecision },
): "decided" | "undecidable" | "missing" {
  const found = rowOf(
    database.statement("SELECT number, state, closed, attempt, decisions FROM mails WHERE message_id = ?"),
    messageId,
  ) as readonly [number, MailState, number, number, number] | undefined;
  if (found === undefined) return "missing";
  const [number, state, closed, attempt, decisions] = found;
  const { decision: verdict, operator, reason, atMs } = decision;
  if (!mayDecide(verdict, { state, closed: closed === 1 })) return "undecidable";
  database
    .statement("INSERT INTO mail_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    .run(number, decisions + 1, verdict, operator.keyId, operator.name, reason, atMs, attempt);
  const update =
    verdict === "send"
      ? database.statement(
          "UPDATE mails SET pending = 'due', pending_ms = ?, closed = 0, decisions = decisions + 1 WHERE number = ?",
        )
      : database.statement(
          "UPDATE mails SET state = 'dropped', pending = 'unreported', pending_ms = ?, decisions = decisions + 1 WHERE number = ?",
        );
  update.run(atMs, number);
  const counts: CountChanges = new Map();
  if (verdict === "drop") move(counts, state, "dropped");
  countMails(database, counts);
  return "decided";
}

interface CurrentAttempt {
  readonly number: number;
  readonly state: MailState;
  readonly closed: boolean;
  /** Somebody wants it sent once more, and that attempt has not begun. */
  readonly isDecided: boolean;
  readonly attempt: number;
  readonly queuedAtMs: number;
}

function finish(database: OpenDatabase, counts: CountChanges, mail: CurrentAttempt, outcome: MailOutcome): void {
  const retryAtMs = "retryAtMs" in outcome ? outcome.retryAtMs : null;
  const isFinal = outcome.type === "accepted" || outcome.type === "refused";
  const pending = mail.closed ? null : isFinal ? "unreported" : retryAtMs === null ? null : "due";
  // A late outcome must not take back what somebody decided, unless the mail turns out to have been taken.
  if (mail.isDecided && outcome.type !== "accepted") {
    database.statement("UPDATE mails SET state = ? WHERE number = ?").run(outcome.type, mail.number);
  } else {
    database
      .statement("UPDATE mails SET state = ?, pending = ?, pending_ms = ?, owner = NULL WHERE number = ?")
      .run(outcome.type, pending, retryAtMs ?? mail.queuedAtMs, mail.number);
  }
  database
    .statement("UPDATE mail_attempts SET outcome = ? WHERE mail = ? AND attempt = ?")
    .run(JSON.stringify(outcome), mail.number, mail.attempt);
  move(counts, mail.state, outcome.type);
}

/** By how much the number of mails in a state changes. */
type CountChanges = Map<MailState, number>;

function move(counts: CountChanges, from: MailState, to: MailState): void {
  counts.set(from, (counts.get(from) ?? 0) - 1);
  counts.set(to, (counts.get(to) ?? 0) + 1);
}

/** Stores what an operation did to the counts, once for all its mails. */
export function countMails(database: OpenDatabase, changes: ReadonlyMap<MailState, number>): void {
  const add = database.statement("UPDATE mail_counts SET mails = mails + ? WHERE state = ?");
  for (const [state, change] of changes) if (change !== 0) add.run(change, state);
}

/**
 * The ledger of mails in SQL. A mail's `pending` column and its partial index hold only what still has
 * something to happen, so that every operation of the sender costs the same with a million mails done.
 */
import type { MailOutcome, MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

export interface NewMail {
  readonly messageId: string;
  readonly orderId: string;
  readonly shard: number;
  readonly queuedAtMs: number;
  /** JSON. */
  readonly mail: string;
}

/** Puts a mail into the ledger, unless it is there. */
export function enqueueMail(database: OpenDatabase, { messageId, orderId, shard, queuedAtMs, mail }: NewMail): void {
  const { changes } = database
    .statement(
      `INSERT OR IGNORE INTO mails (message_id, order_id, shard, mail, queued_at_ms, state, pending, pending_ms, attempt, closed)
       VALUES (?, ?, ?, ?, ?, 'queued', 'due', ?, 0, 0)`,
    )
    .run(messageId, orderId, shard, mail, queuedAtMs, queuedAtMs);
  if (Number(changes) > 0) count(database, null, "queued");
}

/** The order knows the outcome: nothing is left to report, nor to send. */
export function closeMail(database: OpenDatabase, messageId: string): void {
  database
    .statement("UPDATE mails SET closed = 1, pending = iif(pending = 'attempting', pending, NULL) WHERE message_id = ?")
    .run(messageId);
}

export interface Claim {
  readonly shards: readonly number[];
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseUntilMs: number;
  readonly limit: number;
}

/** Stores an attempt of each due mail; returns flat groups of shard, mail, attempt, queuedAtMs and 1 when it may repeat. */
export function claim(database: OpenDatabase, { shards, owner, nowMs, leaseUntilMs, limit }: Claim): readonly Cell[] {
  const due = database.statement(
    `SELECT pending_ms, number, state FROM mails
     WHERE pending = 'due' AND shard = ? AND pending_ms <= ? ORDER BY pending_ms, number LIMIT ?`,
  );
  const start = database.statement(
    `UPDATE mails SET state = 'attempting', pending = 'attempting', pending_ms = ?, attempt = attempt + 1, owner = ?
     WHERE number = ? RETURNING shard, mail, attempt, queued_at_ms`,
  );
  const unclear = database.statement(
    "SELECT 1 FROM mail_attempts WHERE mail = ? AND (outcome IS NULL OR outcome ->> 'type' = 'unknown') LIMIT 1",
  );
  const attempts = database.statement("INSERT INTO mail_attempts VALUES (?, ?, ?, NULL)");
  const candidates = shards.flatMap(
    (shard) => rowsOf(due, shard, nowMs, limit) as readonly [number, number, MailState][],
  );
  if (shards.length > 1) candidates.sort(([dueA, a], [dueB, b]) => dueA - dueB || a - b);

  return candidates.slice(0, limit).flatMap(([, number, state]) => {
    const started = rowOf(start, leaseUntilMs, owner, number) as readonly Cell[];
    const mayRepeat = state !== "queued" && rowOf(unclear, number) !== undefined;
    attempts.run(number, started[2] as number, nowMs);
    count(database, state, "attempting");
    return [...started, mayRepeat ? 1 : 0];
  });
}

export interface RecordedOutcome {
  readonly messageId: string;
  readonly attempt: number;
  readonly outcome: MailOutcome;
}

/** Stores outcomes of current attempts; one that was given up counts while nobody has tried again. */
export function record(database: OpenDatabase, outcomes: readonly RecordedOutcome[]): void {
  const current = database.statement(
    "SELECT number, state, closed, queued_at_ms FROM mails WHERE message_id = ? AND attempt = ? AND state IN ('attempting', 'unknown')",
  );
  for (const { messageId, attempt, outcome } of outcomes) {
    const mail = rowOf(current, messageId, attempt) as readonly [number, MailState, number, number] | undefined;
    if (mail === undefined) continue;
    const [number, state, closed, queuedAtMs] = mail;
    finish(database, { number, state, closed: closed === 1, attempt, queuedAtMs }, outcome);
  }
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
  return orphans.map(([number, attempt, closed, queuedAtMs, messageId]) => {
    const outcome: MailOutcome = {
      type: "unknown",
      response: "the sender stopped before it stored an outcome",
      retryAtMs,
    };
    finish(database, { number, state: "attempting", closed: closed === 1, attempt, queuedAtMs }, outcome);
    return messageId;
  });
}

interface CurrentAttempt {
  readonly number: number;
  readonly state: MailState;
  readonly closed: boolean;
  readonly attempt: number;
  readonly queuedAtMs: number;
}

function finish(database: OpenDatabase, mail: CurrentAttempt, outcome: MailOutcome): void {
  const retryAtMs = "retryAtMs" in outcome ? outcome.retryAtMs : null;
  const isFinal = outcome.type === "accepted" || outcome.type === "refused";
  const pending = mail.closed ? null : isFinal ? "unreported" : retryAtMs === null ? null : "due";
  database
    .statement("UPDATE mails SET state = ?, pending = ?, pending_ms = ?, owner = NULL WHERE number = ?")
    .run(outcome.type, pending, retryAtMs ?? mail.queuedAtMs, mail.number);
  database
    .statement("UPDATE mail_attempts SET outcome = ? WHERE mail = ? AND attempt = ?")
    .run(JSON.stringify(outcome), mail.number, mail.attempt);
  count(database, mail.state, outcome.type);
}

function count(database: OpenDatabase, from: MailState | null, to: MailState): void {
  if (from === to) return;
  const add = database.statement("UPDATE mail_counts SET mails = mails + ? WHERE state = ?");
  if (from !== null) add.run(-1, from);
  add.run(1, to);
}

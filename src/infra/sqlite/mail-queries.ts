/** What people, metrics and the reporter ask the ledger of mails; runs in the reader thread. */
import type { MailDecision, MailDeskFilter, MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

/** Mails of which their orders have to hear, oldest first, as flat groups of mail, outcome and round. */
export function unreported(
  database: OpenDatabase,
  { shards, limit }: { readonly shards: readonly number[]; readonly limit: number },
): readonly Cell[] {
  const select = database.statement(
    `SELECT mails.mail,
       iif(state = 'dropped', json_object('type', state, 'response', mail_decisions.reason), mail_attempts.outcome),
       decisions
     FROM mails
       LEFT JOIN mail_attempts ON mail_attempts.mail = mails.number AND mail_attempts.attempt = mails.attempt
       LEFT JOIN mail_decisions ON mail_decisions.mail = mails.number AND mail_decisions.round = mails.decisions
     WHERE pending = 'unreported' AND shard IN (SELECT value FROM json_each(?)) ORDER BY pending_ms, mails.number LIMIT ?`,
  );
  return rowsOf(select, JSON.stringify(shards), limit).flat();
}

/** How many mails are in each state, as flat pairs. */
export function countMails(database: OpenDatabase): readonly Cell[] {
  return rowsOf(database.statement("SELECT state, mails FROM mail_counts")).flat();
}

/** A mail with its attempts, as the ledger's readers get it. */
export interface LedgerRow {
  readonly messageId: string;
  readonly orderId: string;
  readonly shard: number;
  /** JSON. */
  readonly mail: string;
  readonly queuedAtMs: number;
  readonly state: MailState;
  readonly retryAtMs: number | null;
  readonly closed: boolean;
  /** Outcomes are JSON; null while an attempt is under way. */
  readonly attempts: readonly (readonly [attempt: number, startedAtMs: number, outcome: string | null])[];
  readonly decisions: readonly (readonly [
    decision: MailDecision["decision"],
    keyId: string,
    name: string,
    reason: string,
    atMs: number,
  ])[];
}

/** The mails of these Message-IDs; absent ones are left out. */
export function mailsOf(database: OpenDatabase, messageIds: readonly string[]): readonly LedgerRow[] {
  const select = database.statement(`SELECT ${MAIL_COLUMNS} FROM mails WHERE message_id = ?`);
  return messageIds.flatMap((messageId) => {
    const mail = rowOf(select, messageId);
    return mail === undefined ? [] : [ledgerRow(database, mail)];
  });
}

export interface MailListing {
  readonly filter: MailDeskFilter;
  readonly limit: number;
  readonly after: { readonly queuedAtMs: number; readonly messageId: string } | null;
}

/** A page of the mails that staff may have to look at. The condition on the index is the index's own. */
export function listMails(database: OpenDatabase, { filter, limit, after }: MailListing): readonly LedgerRow[] {
  const held = filter === "held" ? "AND closed = 0 AND pending IS NULL" : "";
  const select = database.statement(
    `SELECT ${MAIL_COLUMNS} FROM mails
     WHERE state > 'attempting' AND state = ? ${held} AND (queued_at_ms, message_id) < (?, ?)
     ORDER BY queued_at_ms DESC, message_id DESC LIMIT ?`,
  );
  const { queuedAtMs, messageId } = after ?? { queuedAtMs: Number.MAX_SAFE_INTEGER, messageId: "" };
  const state: MailState = filter === "held" ? "unknown" : filter;
  return rowsOf(select, state, queuedAtMs, messageId, limit).map((mail) => ledgerRow(database, mail));
}

const MAIL_COLUMNS = "number, message_id, order_id, shard, mail, queued_at_ms, state, pending, pending_ms, closed";

function ledgerRow(database: OpenDatabase, mail: readonly Cell[]): LedgerRow {
  const [number, messageId, orderId, shard, content, queuedAtMs, state, pending, pendingMs, closed] = mail as MailCells;
  const attempts = database.statement(
    "SELECT attempt, started_at_ms, outcome FROM mail_attempts WHERE mail = ? ORDER BY attempt",
  );
  const decisions = database.statement(
    "SELECT decision, key_id, name, reason, at_ms FROM mail_decisions WHERE mail = ? ORDER BY round",
  );
  return {
    messageId,
    orderId,
    shard,
    mail: content,
    queuedAtMs,
    state,
    retryAtMs: pending === "due" && state !== "queued" ? pendingMs : null,
    closed: closed === 1,
    attempts: rowsOf(attempts, number) as unknown as LedgerRow["attempts"],
    decisions: rowsOf(decisions, number) as unknown as LedgerRow["decisions"],
  };
}

/** The mails after a Message-ID, in the order of their Message-IDs. */
export function scan(
  database: OpenDatabase,
  { afterMessageId, limit }: { readonly afterMessageId: string; readonly limit: number },
): readonly LedgerRow[] {
  const select = database.statement("SELECT message_id FROM mails WHERE message_id > ? ORDER BY message_id LIMIT ?");
  return mailsOf(database, rowsOf(select, afterMessageId, limit).flat() as readonly string[]);
}

type MailCells = readonly [
  number: number,
  messageId: string,
  orderId: string,
  shard: number,
  mail: string,
  queuedAtMs: number,
  state: MailState,
  pending: string | null,
  pendingMs: number,
  closed: number,
];

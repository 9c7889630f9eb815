/** What people, metrics and the reporter ask the ledger of mails; runs in the reader thread. */
import type { MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

/** Mails with a final outcome that is not reported, oldest first, as flat pairs of mail and outcome. */
export function unreported(
  database: OpenDatabase,
  { shards, limit }: { readonly shards: readonly number[]; readonly limit: number },
): readonly Cell[] {
  const select = database.statement(
    `SELECT mails.mail, outcome
     FROM mails JOIN mail_attempts ON mail_attempts.mail = mails.number AND mail_attempts.attempt = mails.attempt
     WHERE pending = 'unreported' AND shard IN (SELECT value FROM json_each(?)) ORDER BY pending_ms, number LIMIT ?`,
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
  readonly state: MailState;
  readonly retryAtMs: number | null;
  readonly closed: boolean;
  /** Outcomes are JSON; null while an attempt is under way. */
  readonly attempts: readonly (readonly [attempt: number, startedAtMs: number, outcome: string | null])[];
}

/** The mails of these Message-IDs; absent ones are left out. */
export function mailsOf(database: OpenDatabase, messageIds: readonly string[]): readonly LedgerRow[] {
  const select = database.statement(
    "SELECT number, order_id, shard, state, pending, pending_ms, closed FROM mails WHERE message_id = ?",
  );
  const attempts = database.statement(
    "SELECT attempt, started_at_ms, outcome FROM mail_attempts WHERE mail = ? ORDER BY attempt",
  );
  return messageIds.flatMap((messageId) => {
    const mail = rowOf(select, messageId) as MailCells | undefined;
    if (mail === undefined) return [];
    const [number, orderId, shard, state, pending, pendingMs, closed] = mail;
    return {
      messageId,
      orderId,
      shard,
      state,
      retryAtMs: pending === "due" && state !== "queued" ? pendingMs : null,
      closed: closed === 1,
      attempts: rowsOf(attempts, number) as unknown as LedgerRow["attempts"],
    };
  });
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
  orderId: string,
  shard: number,
  state: MailState,
  pending: string | null,
  pendingMs: number,
  closed: number,
];

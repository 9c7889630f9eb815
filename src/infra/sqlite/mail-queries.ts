/** What people, metrics and the reporter ask the ledger of mails; runs in the reader thread. */
import type { MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowsOf } from "./open-database.ts";

/** Mails with a final outcome that is not reported, oldest first, as flat pairs of mail and outcome. */
export function unreported(
  database: OpenDatabase,
  { shards, limit }: { readonly shards: readonly number[]; readonly limit: number },
): readonly Cell[] {
  const select = database.statement(
    `SELECT pending_ms, number, mails.mail, outcome
     FROM mails JOIN mail_attempts ON mail_attempts.mail = mails.number AND mail_attempts.attempt = mails.attempt
     WHERE pending = 'unreported' AND shard = ? ORDER BY pending_ms, number LIMIT ?`,
  );
  const rows = shards.flatMap((shard) => rowsOf(select, shard, limit) as readonly [number, number, string, string][]);
  rows.sort(([queuedA, a], [queuedB, b]) => queuedA - queuedB || a - b);
  return rows.slice(0, limit).flatMap(([, , mail, outcome]) => [mail, outcome]);
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

/** The mails of one order, oldest first. */
export function mailsOfOrder(
  database: OpenDatabase,
  { shard, orderId }: { readonly shard: number; readonly orderId: string },
): readonly LedgerRow[] {
  const mails = database.statement(
    `SELECT number, message_id, state, pending, pending_ms, closed FROM mails
     WHERE order_id = ? AND shard = ? ORDER BY number`,
  );
  const attempts = database.statement(
    "SELECT attempt, started_at_ms, outcome FROM mail_attempts WHERE mail = ? ORDER BY attempt",
  );
  const rows = rowsOf(mails, orderId, shard) as readonly [number, string, MailState, string | null, number, number][];
  return rows.map(([number, messageId, state, pending, pendingMs, closed]) => ({
    messageId,
    orderId,
    shard,
    state,
    retryAtMs: pending === "due" && state !== "queued" ? pendingMs : null,
    closed: closed === 1,
    attempts: rowsOf(attempts, number) as unknown as LedgerRow["attempts"],
  }));
}

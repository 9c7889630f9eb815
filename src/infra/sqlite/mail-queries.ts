/** What people, metrics and the reporter ask the ledger of mails; runs in the reader thread. */
import type { MailState } from "../../actors/ports.ts";
import { type Cell, type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

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

/** When the first due mail of these shards may be tried; null when none waits. */
export function nextDueMs(database: OpenDatabase, shards: readonly number[]): number | null {
  const select = database.statement("SELECT min(pending_ms) FROM mails WHERE pending = 'due' AND shard = ?");
  const dues = shards.map((shard) => rowOf(select, shard)?.[0] as number | null).filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
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

const ENTRY = "SELECT number, message_id, order_id, shard, state, pending, pending_ms, closed FROM mails";

/** The mails of one order, oldest first. */
export function mailsOfOrder(
  database: OpenDatabase,
  { shard, orderId }: { readonly shard: number; readonly orderId: string },
): readonly LedgerRow[] {
  return entries(
    database,
    rowsOf(database.statement(`${ENTRY} WHERE order_id = ? AND shard = ? ORDER BY number`), orderId, shard),
  );
}

/** Mails in one state, oldest first, after the one with a Message-ID. */
export function mailsInState(
  database: OpenDatabase,
  request: { readonly state: MailState; readonly limit: number; readonly afterMessageId: string | null },
): readonly LedgerRow[] {
  const { state, limit, afterMessageId } = request;
  // Nearly all mails are accepted, so those are found by walking the table; the others have a partial index.
  const filter = state === "accepted" ? "state = ?" : "state = ? AND state <> 'accepted'";
  const after = "coalesce((SELECT number FROM mails WHERE message_id = ?), 0)";
  const select = database.statement(`${ENTRY} WHERE ${filter} AND number > ${after} ORDER BY number LIMIT ?`);
  return entries(database, rowsOf(select, state, afterMessageId, limit));
}

function entries(database: OpenDatabase, rows: readonly (readonly Cell[])[]): readonly LedgerRow[] {
  const attempts = database.statement(
    "SELECT attempt, started_at_ms, outcome FROM mail_attempts WHERE mail = ? ORDER BY attempt",
  );
  return (rows as readonly [number, string, string, number, MailState, string | null, number, number][]).map(
    ([number, messageId, orderId, shard, state, pending, pendingMs, closed]) => ({
      messageId,
      orderId,
      shard,
      state,
      retryAtMs: pending === "due" && state !== "queued" ? pendingMs : null,
      closed: closed === 1,
      attempts: rowsOf(attempts, number) as unknown as LedgerRow["attempts"],
    }),
  );
}

/**
 * The mails of the dev inbox in a SQLite file of their own. What `add` returned for is durable; the oldest mails make
 * room for new ones. Synchronous: it lives in the inbox's worker thread.
 */
import { DatabaseSync } from "node:sqlite";
import { listedHeaders } from "./mail-headers.ts";

export interface ReceivedMail {
  readonly raw: Buffer;
  /** The first recipient of the SMTP envelope, shown when the mail does not say whom it is to. */
  readonly recipient: string;
  readonly receivedAtMs: number;
}

/** A mail as it is listed; header texts are not decoded yet. */
export interface StoredMail {
  readonly id: number;
  readonly receivedAtMs: number;
  readonly messageId: string;
  readonly orderId: string | null;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

export interface InboxStore {
  /** Stores mails in one transaction. Returns the id of the first; the others follow it. */
  add(mails: readonly ReceivedMail[]): number;
  /** Up to `limit` mails with an id below `below`, newest first. */
  list(query: {
    readonly limit: number;
    readonly below: number;
    readonly orderId: string | null;
  }): readonly StoredMail[];
  get(id: number): { readonly mail: StoredMail; readonly raw: Uint8Array } | null;
  count(): number;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at_ms INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    order_id TEXT,
    from_header TEXT NOT NULL,
    to_header TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS mail_by_order ON mail (order_id, id);
`;
const LISTED = `id, received_at_ms AS receivedAtMs, message_id AS messageId, order_id AS orderId,
  from_header AS "from", to_header AS "to", subject`;

/** Opens the file, creating it if need be, to keep the newest `capacity` mails. */
export function openInboxStore(path: string, capacity: number): InboxStore {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec(SCHEMA);
  const insert = database.prepare(
    "INSERT INTO mail (received_at_ms, message_id, order_id, from_header, to_header, subject, raw) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const forgetUpTo = database.prepare("DELETE FROM mail WHERE id <= ?");
  const selectAll = database.prepare(`SELECT ${LISTED} FROM mail WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const selectOfOrder = database.prepare(
    `SELECT ${LISTED} FROM mail WHERE order_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const selectOne = database.prepare(`SELECT ${LISTED}, raw FROM mail WHERE id = ?`);
  const selectCount = database.prepare("SELECT count(*) AS count FROM mail");

  const insertOne = ({ raw, recipient, receivedAtMs }: ReceivedMail): number => {
    const { messageId, orderId, from, to, subject } = listedHeaders(raw);
    const result = insert.run(receivedAtMs, messageId, orderId, from, to || recipient, subject, raw);
    return Number(result.lastInsertRowid);
  };

  return {
    add(mails) {
      database.exec("BEGIN IMMEDIATE");
      try {
        let lastId = 0;
        for (const mail of mails) lastId = insertOne(mail);
        forgetUpTo.run(lastId - capacity);
        database.exec("COMMIT");
        return lastId - mails.length + 1;
      } catch (error) {
        // A full disk may have ended the transaction already.
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    list({ limit, below, orderId }) {
      const rows = orderId === null ? selectAll.all(below, limit) : selectOfOrder.all(orderId, below, limit);
      return rows as unknown as readonly StoredMail[];
    },
    get(id) {
      const row = selectOne.get(id);
      if (row === undefined) return null;
      const { raw, ...mail } = row as unknown as StoredMail & { readonly raw: Uint8Array };
      return { mail, raw };
    },
    count: () => (selectCount.get() as { count: number }).count,
    close: () => database.close(),
  };
}

/** Operator keys, ended sessions and the act log in the database threads. */
import type { Role } from "../../actors/operators.ts";
import { type OpenDatabase, rowOf, rowsOf } from "./open-database.ts";

/** A key as its row has it. */
export type KeyRow = readonly [
  keyId: string,
  name: string,
  role: Role,
  secretHash: string,
  createdAt: string,
  revokedAt: string | null,
];

const KEY_COLUMNS = "key_id, name, role, secret_hash, created_at, revoked_at";

export function addKey(database: OpenDatabase, row: KeyRow): void {
  const insert = `INSERT INTO operator_keys (${KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO NOTHING`;
  database.statement(insert).run(...row);
}

export function revokeKey(
  database: OpenDatabase,
  { keyId, at }: { readonly keyId: string; readonly at: string },
): "revoked" | "lastOperator" {
  database
    .statement(
      `UPDATE operator_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL AND (role <> 'operator' OR EXISTS (
         SELECT 1 FROM operator_keys WHERE role = 'operator' AND revoked_at IS NULL AND key_id <> ?))`,
    )
    .run(at, keyId, keyId);
  const good = database.statement("SELECT 1 FROM operator_keys WHERE key_id = ? AND revoked_at IS NULL");
  return rowOf(good, keyId) === undefined ? "revoked" : "lastOperator";
}

export function getKey(database: OpenDatabase, keyId: string): KeyRow | null {
  const select = database.statement(`SELECT ${KEY_COLUMNS} FROM operator_keys WHERE key_id = ?`);
  return (rowOf(select, keyId) as KeyRow | undefined) ?? null;
}

export function listKeys(database: OpenDatabase): readonly KeyRow[] {
  return rowsOf(database.statement(`SELECT ${KEY_COLUMNS} FROM operator_keys ORDER BY number`)) as unknown as KeyRow[];
}

interface EndedSession {
  readonly sessionId: string;
  readonly expiresAtMs: number;
  readonly nowMs: number;
}

export function endSession(database: OpenDatabase, { sessionId, expiresAtMs, nowMs }: EndedSession): void {
  database.statement("DELETE FROM ended_sessions WHERE expires_at_ms < ?").run(nowMs);
  database.statement("INSERT OR REPLACE INTO ended_sessions VALUES (?, ?)").run(sessionId, expiresAtMs);
}

export function isSessionEnded(database: OpenDatabase, sessionId: string): boolean {
  return rowOf(database.statement("SELECT 1 FROM ended_sessions WHERE session_id = ?"), sessionId) !== undefined;
}

interface StoredAct {
  readonly actId: string;
  readonly target: string | null;
  /** The act as JSON. */
  readonly act: string;
}

export function appendAct(database: OpenDatabase, { actId, target, act }: StoredAct): void {
  database
    .statement("INSERT INTO operator_acts VALUES (?, ?, ?) ON CONFLICT (act_id) DO NOTHING")
    .run(actId, target, act);
}

interface ActQuery {
  readonly limit: number;
  readonly target: string | null;
  readonly beforeActId: string | null;
}

/** Acts as JSON, newest first. */
export function listActs(database: OpenDatabase, { limit, target, beforeActId }: ActQuery): readonly string[] {
  const conditions = [...(target === null ? [] : ["target = ?"]), ...(beforeActId === null ? [] : ["act_id < ?"])];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const select = database.statement(`SELECT act FROM operator_acts ${where} ORDER BY act_id DESC LIMIT ?`);
  const values = [target, beforeActId].filter((value) => value !== null);
  return rowsOf(select, ...values, limit).map(([act]) => act as string);
}

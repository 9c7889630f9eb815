/** The operator keys of the embedded default. */
import type { OperatorKeys, StoredOperatorKey } from "../../actors/operators.ts";
import type { SqliteDatabase } from "./database.ts";
import type { KeyRow } from "./operator-operations.ts";

/** The `OperatorKeys` on a SQLite database. */
export function createSqliteOperatorKeys(database: SqliteDatabase): OperatorKeys {
  return {
    add: ({ keyId, name, role, secretHash, createdAt, revokedAt }) =>
      database.write("keys.add", [keyId, name, role, secretHash, createdAt, revokedAt]),
    async get(keyId) {
      const row = await database.read("keys.get", keyId);
      return row === null ? null : keyOf(row);
    },
    async list() {
      return (await database.read("keys.list", undefined)).map(keyOf);
    },
    revoke: (keyId, at) => database.write("keys.revoke", { keyId, at }),
    endSession: (session) => database.write("keys.endSession", session),
    isSessionEnded: (sessionId) => database.read("keys.isSessionEnded", sessionId),
  };
}

function keyOf([keyId, name, role, secretHash, createdAt, revokedAt]: KeyRow): StoredOperatorKey {
  return { keyId, name, role, secretHash, createdAt, revokedAt };
}

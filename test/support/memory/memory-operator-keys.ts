/** Operator keys and ended sessions as maps. */
import type { OperatorKeys, StoredOperatorKey } from "../../../src/actors/operators.ts";

export function createMemoryOperatorKeys(): OperatorKeys {
  const keys = new Map<string, StoredOperatorKey>();
  const endedSessions = new Map<string, number>();
  return {
    async add(key) {
      if (!keys.has(key.keyId)) keys.set(key.keyId, key);
    },
    async get(keyId) {
      return keys.get(keyId) ?? null;
    },
    async list() {
      return [...keys.values()];
    },
    async revoke(keyId, at) {
      const key = keys.get(keyId);
      if (key === undefined || key.revokedAt !== null) return "revoked";
      const good = [...keys.values()].filter(({ role, revokedAt }) => role === "operator" && revokedAt === null);
      if (good.length === 1 && good[0] === key) return "lastOperator";
      keys.set(keyId, { ...key, revokedAt: at });
      return "revoked";
    },
    async endSession({ sessionId, expiresAtMs, nowMs }) {
      for (const [id, untilMs] of endedSessions) if (untilMs < nowMs) endedSessions.delete(id);
      endedSessions.set(sessionId, expiresAtMs);
    },
    async isSessionEnded(sessionId) {
      return endedSessions.has(sessionId);
    },
  };
}

/** Gives out keys, recognises them and takes them back. A key is `olk_<keyId>_<secret>`, and its secret is known only to who has it. */
import { createAudit } from "./audit.ts";
import {
  type ActLog,
  type KeySecrets,
  mayActAs,
  type Operator,
  type OperatorKey,
  type OperatorKeys,
  type Role,
  type StoredOperatorKey,
} from "./operators.ts";
import type { Clock, Random } from "./ports.ts";

const SESSION_MS = 12 * 60 * 60_000;
const KEY = /^olk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export interface NewKey extends OperatorKey {
  /** The whole key, which is nowhere else and never shown again. */
  readonly key: string;
}

export interface OperatorSession {
  readonly sessionId: string;
  readonly keyId: string;
  readonly expiresAtMs: number;
}

export type Revocation = "revoked" | "unknown" | "lastOperator";

export interface OperatorAccess {
  /** Whose key this is; null for one that is malformed, unknown, not genuine or revoked. */
  identify(key: string): Promise<Operator | null>;
  /** The operator of a session; null when it expired or was ended, or its key was revoked. */
  identifySession(session: OperatorSession): Promise<Operator | null>;
  /** Starts a session of a console; it lasts 12 hours. */
  startSession(by: Operator): Promise<OperatorSession>;
  endSession(by: Operator, session: OperatorSession): Promise<void>;
  createKey(by: Operator, key: { readonly name: string; readonly role: Role }): Promise<NewKey>;
  /** Creates a key for an operator where there has never been one; null where there has. For one process at a time. */
  createFirstKey(): Promise<NewKey | null>;
  /** Revokes a key, but not the last one that may manage keys. Revoking one again changes nothing. */
  revokeKey(by: Operator, keyId: string): Promise<Revocation>;
  listKeys(): Promise<readonly OperatorKey[]>;
}

export interface OperatorAccessDeps {
  readonly keys: OperatorKeys;
  readonly actLog: ActLog;
  readonly secrets: KeySecrets;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "id">;
}

/** Who gives out the key that the embedded default begins with. */
const FIRST_START: Operator = { keyId: "first-start", name: "First start", role: "operator" };

export function createOperatorAccess({ keys, actLog, secrets, clock, random }: OperatorAccessDeps): OperatorAccess {
  const nowIso = (): string => new Date(clock.nowMs()).toISOString();

  const audit = createAudit({ actLog, clock, random });

  const createKey: OperatorAccess["createKey"] = async (by, { name, role }) => {
    const { keyId, secret, secretHash } = secrets.create();
    const shown: OperatorKey = { keyId, name, role, createdAt: nowIso(), revokedAt: null };
    const act = { by, act: "key.created", noun: "key.creation", target: keyId, details: { name, role } };
    await audit.perform(act, () => keys.add({ ...shown, secretHash }));
    return { ...shown, key: `olk_${keyId}_${secret}` };
  };

  return {
    createKey,
    async identify(key) {
      const [, keyId, secret] = KEY.exec(key) ?? [];
      if (keyId === undefined || secret === undefined) return null;
      const stored = await keys.get(keyId);
      return stored !== null && secrets.matches(secret, stored.secretHash) ? holderOf(stored) : null;
    },
    async identifySession({ keyId, sessionId, expiresAtMs }) {
      if (expiresAtMs <= clock.nowMs()) return null;
      // Asked each time and never remembered, so that a key that is revoked anywhere ends its sessions at once.
      const [stored, isEnded] = await Promise.all([keys.get(keyId), keys.isSessionEnded(sessionId)]);
      return stored === null || isEnded ? null : holderOf(stored);
    },
    async startSession(by) {
      await audit.record({ by, act: "session.started", target: by.keyId });
      return { sessionId: random.id(), keyId: by.keyId, expiresAtMs: clock.nowMs() + SESSION_MS };
    },
    async endSession(by, { sessionId, expiresAtMs }) {
      await audit.perform({ by, act: "session.ended", noun: "session.end", target: by.keyId }, () =>
        keys.endSession({ sessionId, expiresAtMs, nowMs: clock.nowMs() }),
      );
    },
    async createFirstKey() {
      if ((await keys.list()).length > 0) return null;
      return createKey(FIRST_START, { name: "First operator", role: "operator" });
    },
    async revokeKey(by, keyId) {
      const all = await keys.list();
      const key = all.find((candidate) => candidate.keyId === keyId);
      if (key === undefined) return "unknown";
      if (key.revokedAt !== null) return "revoked";
      const managers = all.filter(({ role, revokedAt }) => revokedAt === null && mayActAs(role, "operator"));
      if (managers.length === 1 && managers[0] === key) return "lastOperator";
      const details = { name: key.name, role: key.role };
      return await audit.perform(
        { by, act: "key.revoked", noun: "key.revocation", target: keyId, details },
        () => keys.revoke(keyId, nowIso()),
        (result) => (result === "lastOperator" ? "nobody else could manage keys" : null),
      );
    },
    async listKeys() {
      return (await keys.list()).map(shownKey);
    },
  };
}

function holderOf({ keyId, name, role, revokedAt }: StoredOperatorKey): Operator | null {
  return revokedAt === null ? { keyId, name, role } : null;
}

/** A key as people see it. */
export function shownKey({ keyId, name, role, createdAt, revokedAt }: StoredOperatorKey): OperatorKey {
  return { keyId, name, role, createdAt, revokedAt };
}

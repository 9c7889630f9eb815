/**
 * Who may do what behind the counter, and what they did. Each operator has a key; each act of one is appended to the act
 * log before it takes effect, so that nothing happens that nobody answers for.
 */

/** Each may do what those before it may. */
export const ROLES = ["viewer", "support", "operator"] as const;
export type Role = (typeof ROLES)[number];

export interface Operator {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
}

/** What an operator did; kept for ever. `act` such as "deadLetter.redriven"; `target` such as an order id or a dead letter's id. */
export interface OperatorAct {
  /** From `Random.id()`: ids sort by time. */
  readonly actId: string;
  /** ISO 8601 instant in UTC. */
  readonly at: string;
  readonly operator: Operator;
  readonly act: string;
  readonly target: string | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The audit: acts are added and never changed. */
export interface ActLog {
  /** Resolves when the act is durable. An act that is there already stays as it is, so a lost answer bears a repeat. */
  append(act: OperatorAct): Promise<void>;
  /** Acts, newest first; those about one target, or older than another act, where the query says so. */
  list(query: {
    readonly limit: number;
    readonly target?: string;
    readonly beforeActId?: string;
  }): Promise<readonly OperatorAct[]>;
}

/** A key as people see it: never the secret. */
export interface OperatorKey extends Operator {
  /** ISO 8601 instant in UTC. */
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export interface StoredOperatorKey extends OperatorKey {
  /** What `KeySecrets` made of the secret. */
  readonly secretHash: string;
}

/** Keys by their ids, and the sessions that were ended before their time. */
export interface OperatorKeys {
  /** Stores a new key; resolves when it is durable. A key of this id that is there already stays as it is. */
  add(key: StoredOperatorKey): Promise<void>;
  /** A key, revoked or not; null when there is none of this id. It sees every write that resolved before. */
  get(keyId: string): Promise<StoredOperatorKey | null>;
  /** All keys, oldest first. */
  list(): Promise<readonly StoredOperatorKey[]>;
  /**
   * Revokes a key for ever; the first revocation counts. `lastOperator`: it stays, because of all keys of the role
   * operator it is the last good one, however many are revoked at the same moment.
   */
  revoke(keyId: string, at: string): Promise<"revoked" | "lastOperator">;
  /** Remembers until `expiresAtMs` that a session has ended, and forgets those that expired before `nowMs`. */
  endSession(session: {
    readonly sessionId: string;
    readonly expiresAtMs: number;
    readonly nowMs: number;
  }): Promise<void>;
  isSessionEnded(sessionId: string): Promise<boolean>;
}

/** Makes secrets, and tells whether one is genuine. */
export interface KeySecrets {
  create(): { readonly keyId: string; readonly secret: string; readonly secretHash: string };
  /** Compares in constant time. */
  matches(secret: string, secretHash: string): boolean;
}

/** True when a role includes what `needed` may do. */
export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Operator keys and ended sessions in MongoDB, shared by all processes: what one revokes, none accepts any more. */
import type { Collection } from "mongodb";
import type { OperatorKeys, Role, StoredOperatorKey } from "../../actors/operators.ts";
import type { Requests } from "./requests.ts";
import type { Transactions } from "./transactions.ts";

export interface KeyDocument {
  /** The key's id. */
  readonly _id: string;
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly createdAt: Date;
  /** Left out while the key is good. */
  readonly revokedAt?: Date;
  /** Of an operator's key: how many revocations began while it was good. */
  readonly revocations?: number;
}

export interface EndedSessionDocument {
  /** The session's id. */
  readonly _id: string;
  readonly expiresAt: Date;
}

/** Far more keys than anybody has. */
const BATCH_KEYS = 10_000;

export function createMongoOperatorKeys(deps: {
  readonly keys: Collection<KeyDocument>;
  readonly endedSessions: Collection<EndedSessionDocument>;
  readonly transactions: Transactions;
  readonly requests: Requests;
}): OperatorKeys {
  const { keys, endedSessions, transactions, requests } = deps;
  return {
    async add({ keyId, name, role, secretHash, createdAt, revokedAt }) {
      const document = {
        name,
        role,
        secretHash,
        createdAt: new Date(createdAt),
        ...(revokedAt === null ? {} : { revokedAt: new Date(revokedAt) }),
      };
      const update = { $setOnInsert: document };
      await requests.write("update", () => keys.updateOne({ _id: keyId }, update, { upsert: true }));
    },
    async get(keyId) {
      const found = await requests.read("find", () => keys.findOne({ _id: keyId }));
      return found === null ? null : keyOf(found);
    },
    async list() {
      const options = { sort: { createdAt: 1, _id: 1 }, batchSize: BATCH_KEYS } as const;
      return (await requests.read("find", () => keys.find({}, options).toArray())).map(keyOf);
    },
    revoke: (keyId, at) =>
      transactions.run(async (session) => {
        const good = { revokedAt: { $exists: false } };
        // Every good key of an operator is written, so that of two such transactions one has to begin again.
        const operators = { ...good, role: "operator" } as const;
        const touch = { $inc: { revocations: 1 } };
        const { matchedCount } = await requests.send("update", () => keys.updateMany(operators, touch, { session }));
        const key = await requests.send("find", () => keys.findOne({ _id: keyId, ...good }, { session }));
        if (key?.role === "operator" && matchedCount === 1) return { commit: false, result: "lastOperator" };
        const revocation = { $set: { revokedAt: new Date(at) } };
        await requests.send("update", () => keys.updateOne({ _id: keyId, ...good }, revocation, { session }));
        return { commit: true, result: "revoked" };
      }),
    async endSession({ sessionId, expiresAtMs, nowMs }) {
      const update = { $set: { expiresAt: new Date(expiresAtMs) } };
      await requests.write("update", () => endedSessions.updateOne({ _id: sessionId }, update, { upsert: true }));
      await requests.write("delete", () => endedSessions.deleteMany({ expiresAt: { $lt: new Date(nowMs) } }));
    },
    async isSessionEnded(sessionId) {
      return (await requests.read("find", () => endedSessions.findOne({ _id: sessionId }))) !== null;
    },
  };
}

function keyOf({ _id, name, role, secretHash, createdAt, revokedAt }: KeyDocument): StoredOperatorKey {
  return {
    keyId: _id,
    name,
    role,
    secretHash,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

/** Operator keys and ended sessions in MongoDB, shared by all processes: what one revokes, none accepts any more. */
import type { Collection } from "mongodb";
import type { OperatorKeys, Role, StoredOperatorKey } from "../../actors/operators.ts";
import type { Requests } from "./requests.ts";

export interface KeyDocument {
  /** The key's id. */
  readonly _id: string;
  readonly name: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly createdAt: Date;
  /** Left out while the key is good. */
  readonly revokedAt?: Date;
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
  readonly requests: Requests;
}): OperatorKeys {
  const { keys, endedSessions, requests } = deps;
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
    async revoke(keyId, at) {
      const filter = { _id: keyId, revokedAt: { $exists: false } };
      await requests.write("update", () => keys.updateOne(filter, { $set: { revokedAt: new Date(at) } }));
    },
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

/**
 * The collections, with what the store itself has to refuse: documents of another shape (the validators check types,
 * not meaning), and the facts that may be there only once. `orderloom migrate` and every start create what is missing.
 */
import type { Document, IndexDescription } from "mongodb";
import { CAUSE_INDEX, SEQUENCE_INDEX } from "./commit-documents.ts";

/** Changes when older code can no longer work with what newer code stores. */
export const LAYOUT_VERSION = 1;

export const COLLECTIONS = {
  settings: "settings",
  transactionSessions: "transactionSessions",
  commits: "commits",
  progress: "progress",
  viewVersions: "viewVersions",
  activeViews: "activeViews",
  mails: "mails",
  operatorKeys: "operatorKeys",
  endedSessions: "endedSessions",
  operatorActs: "operatorActs",
} as const;

export interface CollectionLayout {
  readonly name: string;
  /** A $jsonSchema. */
  readonly schema: Document;
  /**
   * What becomes of a document of another shape: it is refused, or the server's log tells of it. DocumentDB 1.0 updates
   * many documents at once without looking again whether each still matches, but only where it has to refuse some: there
   * two processes could claim the same mail, so the ledger and the sessions, which live from such updates, have `warn`.
   */
  readonly action: "error" | "warn";
  readonly indexes: readonly (IndexDescription & { readonly name: string })[];
}

const TEXT = { bsonType: "string" };
const INTEGER = { bsonType: ["int", "long"] };
const DATE = { bsonType: "date" };
const BOOLEAN = { bsonType: "bool" };
const OBJECT = { bsonType: "object" };

/** What the first transaction needs: one document each for the number of shards and for probes, and the sessions. */
export const FIRST_LAYOUT: readonly CollectionLayout[] = [
  { name: COLLECTIONS.settings, schema: objectOf({ _id: TEXT }), action: "error", indexes: [] },
  {
    name: COLLECTIONS.transactionSessions,
    schema: objectOf({ _id: TEXT, seenAt: DATE }),
    action: "warn",
    indexes: [],
  },
];

export const LAYOUT: readonly CollectionLayout[] = [
  {
    name: COLLECTIONS.commits,
    schema: objectOf({
      _id: TEXT,
      shard: { ...INTEGER, minimum: 0 },
      position: { ...INTEGER, minimum: 1 },
      orderId: { ...TEXT, minLength: 1 },
      sequence: { ...INTEGER, minimum: 1 },
      causeId: { ...TEXT, minLength: 1 },
      events: { bsonType: "array", minItems: 1, items: objectOf({ type: TEXT, data: OBJECT }) },
      recordedAt: DATE,
    }),
    action: "error",
    indexes: [
      { name: SEQUENCE_INDEX, key: { shard: 1, orderId: 1, sequence: 1 }, unique: true },
      { name: CAUSE_INDEX, key: { shard: 1, orderId: 1, causeId: 1 }, unique: true },
    ],
  },
  // Checkpoints and tallies.
  { name: COLLECTIONS.progress, schema: objectOf({ _id: TEXT }), action: "error", indexes: [] },
  {
    name: COLLECTIONS.viewVersions,
    schema: objectOf({ _id: TEXT, view: TEXT, version: INTEGER, definition: TEXT, collection: TEXT }),
    action: "error",
    indexes: [],
  },
  { name: COLLECTIONS.activeViews, schema: objectOf({ _id: TEXT, version: INTEGER }), action: "error", indexes: [] },
  {
    name: COLLECTIONS.mails,
    schema: objectOf({
      _id: TEXT,
      shard: { ...INTEGER, minimum: 0 },
      orderId: TEXT,
      mail: OBJECT,
      queuedAt: DATE,
      state: { enum: ["queued", "attempting", "accepted", "refused", "deferred", "unknown", "dropped"] },
      attempt: { ...INTEGER, minimum: 0 },
      attempts: { bsonType: "array" },
      closed: BOOLEAN,
    }),
    action: "warn",
    indexes: [
      {
        name: "pending_pendingAt",
        key: { pending: 1, pendingAt: 1 },
        partialFilterExpression: { pending: { $exists: true } },
      },
      // What staff may have to look at. In the order of letters, mails under way and those that were taken come before.
      {
        name: "state_queuedAt",
        key: { state: 1, queuedAt: 1, _id: 1 },
        partialFilterExpression: { state: { $gt: "attempting" } },
      },
    ],
  },
  {
    name: COLLECTIONS.operatorKeys,
    schema: objectOf({ _id: TEXT, name: TEXT, role: TEXT, secretHash: TEXT, createdAt: DATE }),
    action: "error",
    indexes: [],
  },
  {
    name: COLLECTIONS.endedSessions,
    schema: objectOf({ _id: TEXT, expiresAt: DATE }),
    action: "error",
    indexes: [{ name: "expiresAt", key: { expiresAt: 1 } }],
  },
  {
    name: COLLECTIONS.operatorActs,
    schema: objectOf({ _id: TEXT, act: TEXT }),
    action: "error",
    indexes: [{ name: "target_id", key: { target: 1, _id: 1 } }],
  },
];

/** The schema of an object that has at least these properties. */
function objectOf(properties: Readonly<Record<string, Document>>): Document {
  return { bsonType: "object", required: Object.keys(properties), properties };
}

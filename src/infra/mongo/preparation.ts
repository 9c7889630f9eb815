/**
 * Creates what the adapters need in the store, and checks that the store can do what they rely on and holds data of this
 * layout. It may run any number of times, and in several processes at once. What is there already is only read: to create
 * it again would wait for every transaction that a dead process has left open, and make everybody else wait behind it.
 */
import { isDeepStrictEqual } from "node:util";
import { type Collection, type CollectionInfo, type Db, type Document, MongoServerError, ObjectId } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import { type ProgressDocument, TALLIES, tallyId } from "./checkpoints.ts";
import { COLLECTIONS, type CollectionLayout, FIRST_LAYOUT, LAYOUT, LAYOUT_VERSION } from "./layout.ts";
import { changeLayout } from "./layout-changes.ts";
import { isDuplicateKey, isOnlyDuplicates } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { Transactions } from "./transactions.ts";

const MIN_SERVER_VERSION = 7;
const NAMESPACE_EXISTS = 48;
/** IndexOptionsConflict and IndexKeySpecsConflict. */
const OTHER_INDEX: ReadonlySet<unknown> = new Set([85, 86]);

export interface SettingsDocument {
  readonly _id: string;
  readonly shards?: number;
  readonly layoutVersion?: number;
  readonly at?: Date;
}

export interface PreparationDeps {
  readonly db: Db;
  readonly requests: Requests;
  readonly transactions: Transactions;
  readonly shards: number;
}

/**
 * Prepares the store; returns what was created or found, in lines for people.
 * @throws OperationalError `store_unsupported`, `shards_changed` or `data_too_new`.
 */
export async function prepareStore({
  db,
  requests,
  transactions,
  shards,
}: PreparationDeps): Promise<readonly string[]> {
  const settings = db.collection<SettingsDocument>(COLLECTIONS.settings);
  const version = await checkServer(db, requests);
  const existing = await requests.read("admin", () => db.listCollections().toArray());
  const known = new Map(existing.map((collection) => [collection.name, collection as CollectionInfo]));
  const prepare = (layout: CollectionLayout) => prepareCollection(db, requests, layout, known.get(layout.name));
  const lines = [
    `MongoDB ${version} at ${requests.hosts}, database ${db.databaseName}`,
    ...(await Promise.all(FIRST_LAYOUT.map(prepare))),
  ];
  // Before anything else is created: without transactions none of it is of use.
  await tryTransaction(settings, requests, transactions);
  lines.push(...(await Promise.all(LAYOUT.map(prepare))));
  await createTallies(db.collection<ProgressDocument>(COLLECTIONS.progress), requests);
  lines.push(await checkSettings(settings, requests, shards));
  return lines;
}

/** @throws OperationalError `store_unsupported` for a server that is too old. @returns its version. */
export async function checkServer(db: Db, requests: Requests): Promise<string> {
  const { version } = await requests.read("admin", () => db.command({ buildInfo: 1 }) as Promise<{ version: string }>);
  if (Number.parseInt(version, 10) >= MIN_SERVER_VERSION) return version;
  throw unsupported(
    `speaks the protocol of MongoDB ${version}, and MongoDB ${MIN_SERVER_VERSION} or later is needed`,
    requests,
  );
}

/** A standalone server, for example, takes everything but a transaction, so one is run, on a document of its own, and taken back. */
async function tryTransaction(
  settings: Collection<SettingsDocument>,
  requests: Requests,
  transactions: Transactions,
): Promise<void> {
  try {
    await transactions.run(async (session) => {
      const trial = { _id: `trial:${new ObjectId().toHexString()}` };
      await requests.send("insert", () => settings.insertOne(trial, { session }));
      return { commit: false, result: null };
    });
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    throw unsupported(
      `has no transactions (it says: ${error.message}): start MongoDB as a replica set, of one member if need be`,
      requests,
    );
  }
}

async function prepareCollection(
  db: Db,
  requests: Requests,
  { name, schema, action, indexes }: CollectionLayout,
  existing: CollectionInfo | undefined,
): Promise<string> {
  const validation = { validator: { $jsonSchema: schema }, validationLevel: "strict", validationAction: action };
  let isNew = existing === undefined;
  if (isNew) isNew = await created(db, requests, name, validation);
  const isChanged = !isNew && !isSameValidation(existing?.options, validation);
  if (isChanged) await changeLayout(requests, () => db.command({ collMod: name, ...validation }));
  if (indexes.length > 0) await createIndexes(db, requests, name, indexes);
  const names = indexes.map((index) => index.name).join(", ");
  const state = isNew ? "created" : isChanged ? "validator renewed" : "found";
  return `${name}: ${state}${names === "" ? "" : `, with ${names}`}`;
}

/** Creates a collection; false when another process was faster. */
async function created(db: Db, requests: Requests, name: string, validation: Document): Promise<boolean> {
  try {
    await changeLayout(requests, () => db.createCollection(name, validation));
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NAMESPACE_EXISTS) return false;
    throw error;
  }
}

async function createIndexes(
  db: Db,
  requests: Requests,
  name: string,
  indexes: CollectionLayout["indexes"],
): Promise<void> {
  const existing = await requests.read("admin", () => db.collection(name).indexes());
  const missing = indexes.filter((wanted) => !existing.some((index) => isSameIndex(index, wanted)));
  if (missing.length === 0) return;
  try {
    await changeLayout(requests, () => db.collection(name).createIndexes(missing));
  } catch (error) {
    if (!(error instanceof MongoServerError && OTHER_INDEX.has(error.code))) throw error;
    throw unsupported(`has another index of the same name in ${name}: drop that one (${error.message})`, requests);
  }
}

async function createTallies(progress: Collection<ProgressDocument>, requests: Requests): Promise<void> {
  const ids = Array.from({ length: TALLIES }, (_, number) => tallyId(number));
  const options = { projection: { _id: 1 }, batchSize: TALLIES + 1 };
  const found = await requests.read("find", () => progress.find({ _id: { $in: ids } }, options).toArray());
  const existing = new Set(found.map(({ _id }) => _id));
  const documents = ids.filter((_id) => !existing.has(_id)).map((_id) => ({ _id, tally: {} }));
  if (documents.length === 0) return;
  await requests.write("insert", async () => {
    try {
      await progress.insertMany(documents, { ordered: false });
    } catch (error) {
      if (!isOnlyDuplicates(error)) throw error;
    }
  });
}

async function checkSettings(
  settings: Collection<SettingsDocument>,
  requests: Requests,
  shards: number,
): Promise<string> {
  const find = () => requests.read("find", () => settings.findOne({ _id: "orderloom" }));
  let stored = await find();
  if (stored === null) {
    try {
      await requests.write("insert", () =>
        settings.insertOne({ _id: "orderloom", shards, layoutVersion: LAYOUT_VERSION }),
      );
      return `${shards} shards, from now on`;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    stored = await find();
  }
  return checkStored(stored, shards);
}

/** @throws OperationalError `data_too_new` or `shards_changed`. */
export function checkStored(stored: SettingsDocument | null, shards: number): string {
  if ((stored?.layoutVersion ?? 0) > LAYOUT_VERSION) {
    throw new OperationalError(
      "data_too_new",
      `The data was written by a newer version (layout ${stored?.layoutVersion}, this one knows ${LAYOUT_VERSION}): start that version, or choose another database in MONGODB_URL.`,
      { retryable: false },
    );
  }
  if (stored?.shards !== shards) {
    throw new OperationalError(
      "shards_changed",
      `The data was written with ${stored?.shards} shards and SHARDS is ${shards}: set SHARDS=${stored?.shards}, or choose another database in MONGODB_URL.`,
      { retryable: false },
    );
  }
  return `${shards} shards`;
}

function unsupported(lack: string, { hosts }: Requests): OperationalError {
  return new OperationalError("store_unsupported", `The store at ${hosts} ${lack}.`, { retryable: false });
}

/** Compares what decides: stores give back numbers and the order of fields as they like. */
function isSameValidation(existing: Document | undefined, wanted: Document): boolean {
  const plain = (options: Document | undefined): unknown =>
    JSON.parse(JSON.stringify([options?.["validator"] ?? null, options?.["validationAction"] ?? "error"]));
  return isDeepStrictEqual(plain(existing), plain(wanted));
}

/** Compares what decides about an index; a field that a store leaves out is one that is not set. */
export function isSameIndex(existing: Document, wanted: CollectionLayout["indexes"][number]): boolean {
  const plain = ({ name, key, unique = false, partialFilterExpression = null }: Document): unknown =>
    JSON.parse(JSON.stringify([name, Object.entries(key as Document), unique, partialFilterExpression]));
  return isDeepStrictEqual(plain(existing), plain(wanted));
}

/**
 * Creates what the adapters need in the store, and checks that the store can do what they rely on and holds data of this
 * layout. It may run any number of times, and in several processes at once.
 */
import { isDeepStrictEqual } from "node:util";
import { type Collection, type CollectionInfo, type Db, type Document, MongoServerError } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import { type ProgressDocument, TALLIES, tallyId } from "./checkpoints.ts";
import { COLLECTIONS, type CollectionLayout, LAYOUT, LAYOUT_VERSION, SETTINGS_LAYOUT } from "./layout.ts";
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
    await prepare(SETTINGS_LAYOUT),
  ];
  // Before anything else is created: without transactions none of it is of use.
  await tryTransaction(settings, requests, transactions);
  lines.push(...(await Promise.all(LAYOUT.map(prepare))));
  await createTallies(db.collection<ProgressDocument>(COLLECTIONS.progress), requests);
  lines.push(await checkSettings(settings, requests, shards));
  return lines;
}

async function checkServer(db: Db, requests: Requests): Promise<string> {
  const { version } = await requests.read("admin", () => db.command({ buildInfo: 1 }) as Promise<{ version: string }>);
  if (Number.parseInt(version, 10) >= MIN_SERVER_VERSION) return version;
  throw unsupported(
    `speaks the protocol of MongoDB ${version}, and MongoDB ${MIN_SERVER_VERSION} or later is needed`,
    requests,
  );
}

/** A standalone server, for example, takes everything but a transaction, so one is run. */
async function tryTransaction(
  settings: Collection<SettingsDocument>,
  requests: Requests,
  transactions: Transactions,
): Promise<void> {
  try {
    await transactions.run(async (session) => {
      const update = { $set: { at: new Date() } };
      await requests.send("update", () => settings.updateOne({ _id: "trial" }, update, { session, upsert: true }));
      return { commit: true, result: null };
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
  if (isChanged) await requests.write("admin", () => db.command({ collMod: name, ...validation }));
  if (indexes.length > 0) await createIndexes(db, requests, name, indexes);
  const names = indexes.map((index) => index.name).join(", ");
  const state = isNew ? "created" : isChanged ? "validator renewed" : "found";
  return `${name}: ${state}${names === "" ? "" : `, with ${names}`}`;
}

/** Creates a collection; false when another process was faster. */
async function created(db: Db, requests: Requests, name: string, validation: Document): Promise<boolean> {
  try {
    await requests.write("admin", () => db.createCollection(name, validation));
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
  try {
    await requests.write("admin", () => db.collection(name).createIndexes([...indexes]));
  } catch (error) {
    if (!(error instanceof MongoServerError && OTHER_INDEX.has(error.code))) throw error;
    throw unsupported(`has another index of the same name in ${name}: drop that one (${error.message})`, requests);
  }
}

async function createTallies(progress: Collection<ProgressDocument>, requests: Requests): Promise<void> {
  const documents = Array.from({ length: TALLIES }, (_, number) => ({ _id: tallyId(number), tally: {} }));
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
  try {
    await requests.write("insert", () =>
      settings.insertOne({ _id: "orderloom", shards, layoutVersion: LAYOUT_VERSION }),
    );
    return `${shards} shards, from now on`;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const stored = await requests.read("find", () => settings.findOne({ _id: "orderloom" }));
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

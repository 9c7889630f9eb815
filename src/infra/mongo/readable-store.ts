/** Looks what is in the store of what a start creates, and creates nothing: for commands that only read. */
import type { Db } from "mongodb";
import { COLLECTIONS, FIRST_LAYOUT, LAYOUT } from "./layout.ts";
import { checkServer, checkStored, isSameIndex, type SettingsDocument } from "./preparation.ts";
import type { Requests } from "./requests.ts";
import type { VersionDocument } from "./view-versions.ts";

export interface FoundLayout {
  /** Collections that are missing. */
  readonly collections: readonly string[];
  /** Indexes that are missing in those that are there, as `commits.shard_orderId_causeId`. */
  readonly indexes: readonly string[];
  /** The views that there are. */
  readonly views: ReadonlySet<string>;
}

/** @throws OperationalError `store_unsupported`, `shards_changed` or `data_too_new`. */
export async function lookAtStore({
  db,
  requests,
  shards,
}: {
  readonly db: Db;
  readonly requests: Requests;
  readonly shards: number;
}): Promise<FoundLayout> {
  await checkServer(db, requests);
  const listed = await requests.read("admin", () => db.listCollections({}, { nameOnly: true }).toArray());
  const existing = new Set(listed.map(({ name }) => name));
  const settings = db.collection<SettingsDocument>(COLLECTIONS.settings);
  const stored = await requests.read("find", () => settings.findOne({ _id: "orderloom" }));
  if (stored !== null) checkStored(stored, shards);
  const layouts = [...FIRST_LAYOUT, ...LAYOUT];
  const indexes = layouts
    .filter(({ name }) => existing.has(name))
    .map(async ({ name, indexes: wanted }) => {
      if (wanted.length === 0) return [];
      const found = await requests.read("admin", () => db.collection(name).indexes());
      const missing = wanted.filter((index) => !found.some((other) => isSameIndex(other, index)));
      return missing.map((index) => `${name}.${index.name}`);
    });
  const versions = db.collection<VersionDocument>(COLLECTIONS.viewVersions);
  const views = await requests.read("find", () => versions.find({}, { projection: { view: 1 } }).toArray());
  return {
    collections: layouts.map(({ name }) => name).filter((name) => !existing.has(name)),
    indexes: (await Promise.all(indexes)).flat(),
    views: new Set(views.map(({ view }) => view)),
  };
}

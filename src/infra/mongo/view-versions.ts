/**
 * The versions of views: which there are, with which shape, in which collections, and which one is read. A version's
 * collection has a name of its own, so that one which is defined again after it was dropped starts empty, even when
 * another process still writes the old one.
 */
import { type Collection, type Db, type IndexDescription, ObjectId } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, ViewDefinition, ViewVersion } from "../../actors/ports.ts";
import { changeLayout } from "./layout-changes.ts";
import { isDuplicateKey } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { ViewDocumentRecord } from "./view-documents.ts";

const VIEW_NAME = /^[a-z][A-Za-z0-9-]{0,63}$/;
const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;
/** Another process may drop a version: after so long what is known of one is asked for again. */
const KNOWN_FOR_MS = 1_000;

export interface VersionDocument {
  readonly _id: string;
  readonly view: string;
  readonly version: number;
  /** JSON, so that field names and their order stay as they are. */
  readonly definition: string;
  readonly collection: string;
}

export interface ActiveViewDocument {
  readonly _id: string;
  readonly version: number;
}

/** A version that exists, ready to be used. */
export interface UsableVersion {
  readonly collection: Collection<ViewDocumentRecord>;
  readonly fields: ViewDefinition["fields"];
}

export interface ViewVersions {
  define(definition: ViewDefinition, version: number): Promise<void>;
  /** @throws OperationalError when the version does not exist: another one was activated, and it was dropped. */
  use(target: ViewVersion): Promise<UsableVersion>;
  active(view: string): Promise<number | null>;
  activate(target: ViewVersion): Promise<void>;
}

export function createViewVersions(deps: {
  readonly db: Db;
  readonly versions: Collection<VersionDocument>;
  readonly activeViews: Collection<ActiveViewDocument>;
  readonly requests: Requests;
  readonly clock: Clock;
}): ViewVersions {
  const { db, versions, activeViews, requests, clock } = deps;
  const known = new Map<string, UsableVersion & { readonly askedAtMs: number }>();

  const find = (target: ViewVersion): Promise<VersionDocument | null> =>
    requests.read("find", () => versions.findOne({ _id: labelOf(target) }));

  /** Creates a collection for a version; the first process to name its own has the version. */
  const create = async (definition: ViewDefinition, target: ViewVersion): Promise<void> => {
    const collection = `view.${target.view}.${target.version}.${new ObjectId().toHexString()}`;
    await changeLayout(requests, () => db.createCollection(collection));
    const indexes = definition.indexes.map(indexOf);
    if (indexes.length > 0) await changeLayout(requests, () => db.collection(collection).createIndexes(indexes));
    const document = { _id: labelOf(target), ...target, definition: JSON.stringify(definition), collection };
    try {
      await requests.write("insert", () => versions.insertOne(document));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      await changeLayout(requests, () => db.collection(collection).drop());
    }
  };

  return {
    async define(definition, version) {
      const target = { view: definition.name, version };
      checkDefinition(definition, version);
      let stored = await find(target);
      if (stored === null) {
        await create(definition, target);
        stored = await find(target);
      }
      if (stored !== null && stored.definition !== JSON.stringify(definition)) {
        throw new Error(`${nameOf(target)} is stored with another definition: give it a new version`);
      }
    },
    async use(target) {
      const label = labelOf(target);
      const usable = known.get(label);
      if (usable !== undefined && clock.nowMs() - usable.askedAtMs < KNOWN_FOR_MS) return usable;
      const askedAtMs = clock.nowMs();
      const stored = await find(target);
      known.delete(label);
      if (stored === null) {
        throw new OperationalError("store_unavailable", `${nameOf(target)} does not exist`, { retryable: true });
      }
      const { fields } = JSON.parse(stored.definition) as ViewDefinition;
      const found = { collection: db.collection<ViewDocumentRecord>(stored.collection), fields, askedAtMs };
      known.set(label, found);
      return found;
    },
    async active(view) {
      const stored = await requests.read("find", () => activeViews.findOne({ _id: view }));
      return stored?.version ?? null;
    },
    async activate(target) {
      const { view, version } = target;
      if ((await find(target)) === null) {
        throw new OperationalError("store_unavailable", `${nameOf(target)} does not exist`, { retryable: true });
      }
      await requests.write("update", () => activeViews.replaceOne({ _id: view }, { version }, { upsert: true }));
      const others = await requests.read("find", () => versions.find({ view, version: { $ne: version } }).toArray());
      for (const { _id, collection } of others) {
        known.delete(_id);
        // A version that is not listed is not used, so it goes from the list before its documents go.
        await requests.write("delete", () => versions.deleteOne({ _id }));
        await changeLayout(requests, () => db.collection(collection).drop());
      }
    },
  };
}

function checkDefinition({ name, fields, indexes }: ViewDefinition, version: number): void {
  const unknown = indexes.flat().find((field) => !Object.hasOwn(fields, field));
  const badName = Object.keys(fields).find((field) => !FIELD_NAME.test(field));
  if (!VIEW_NAME.test(name) || !Number.isSafeInteger(version)) {
    throw new Error(`not a view version: ${nameOf({ view: name, version })}`);
  }
  if (badName !== undefined) throw new Error(`view ${name}: "${badName}" is not a field name`);
  if (unknown !== undefined) throw new Error(`view ${name}: an index uses "${unknown}", which is not a field`);
}

/** Documents with equal fields are sorted by their ids, so the ids are in the index, too. */
function indexOf(names: readonly string[], number: number): IndexDescription {
  const fields = [...names.map((name) => `fields.${name}`), "_id"];
  return { key: new Map(fields.map((field) => [field, 1])), name: `listing_${number}` };
}

function labelOf({ view, version }: ViewVersion): string {
  return `${view}/${version}`;
}

function nameOf({ view, version }: ViewVersion): string {
  return `version ${version} of view ${view}`;
}

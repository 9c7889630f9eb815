/** Read models in MongoDB: a collection for each view's version, written in one transaction with the checkpoint. */
import { type ClientSession, ObjectId } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";
import type { ApplyResult, Checkpoint, ViewDocument, ViewStore } from "../../actors/ports.ts";
import type { Checkpoints, MailCounts } from "./checkpoints.ts";
import type { MailWrites } from "./mail-writes.ts";
import { isOnlyDuplicates } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { Transactions } from "./transactions.ts";
import { documentOf, listingFilter, type ViewDocumentRecord, viewRecord } from "./view-documents.ts";
import { hasOnlyMails, isEmpty, planOf, type ViewPlan } from "./view-plan.ts";
import type { UsableVersion, ViewVersions } from "./view-versions.ts";

/** Enough for other processes that create the same checkpoints, or reset them meanwhile. */
const MAX_PREPARATIONS = 5;
/** From about so many documents on, two statements for all of them are cheaper than one for each in one request. */
const MANY_DOCUMENTS = 12;
/** An answer shows transactions whole, however many documents it has. */
const AT_ONE_MOMENT = { level: "snapshot" } as const;
const APPLIED: ApplyResult = { type: "applied", attempts: [] };

/** The documents of a version as they are after the writes. */
interface VersionWrites {
  readonly collection: UsableVersion["collection"];
  readonly deleted: readonly string[];
  readonly records: readonly ViewDocumentRecord[];
}

export function createMongoViewStore(deps: {
  readonly versions: ViewVersions;
  readonly checkpoints: Checkpoints;
  readonly mailWrites: MailWrites;
  readonly transactions: Transactions;
  readonly requests: Requests;
}): ViewStore {
  const { versions, checkpoints, mailWrites, transactions, requests } = deps;

  const writesOf = async ({ target, documents }: ViewPlan["views"][number]): Promise<VersionWrites> => {
    const { collection, fields } = await versions.use(target);
    const records = [...documents].flatMap(([id, document]) =>
      document === null ? [] : [viewRecord(id, document, fields)],
    );
    const deleted = [...documents].flatMap(([id, document]) => (document === null ? [id] : []));
    return { collection, deleted, records };
  };

  /** Many documents are put by deleting and inserting them: one more request, and each costs half of what an update does. */
  const write = async (session: ClientSession, { collection, deleted, records }: VersionWrites): Promise<void> => {
    const isMany = records.length > MANY_DOCUMENTS;
    const gone = isMany ? [...deleted, ...records.map(({ _id }) => _id)] : deleted;
    if (gone.length > 0) {
      await requests.send("delete", () => collection.deleteMany({ _id: { $in: [...gone] } }, { session }));
    }
    if (isMany) await requests.send("insert", () => collection.insertMany(records, { session }));
    else if (records.length > 0) {
      const puts = records.map(({ _id, ...replacement }) => ({
        replaceOne: { filter: { _id }, replacement, upsert: true },
      }));
      await requests.send("update", () => collection.bulkWrite(puts, { session }));
    }
  };

  const applyOnce = async (
    plan: ViewPlan,
    views: readonly VersionWrites[],
    checkpoint: Checkpoint | null,
    step: ObjectId,
  ): Promise<ApplyResult | "missing"> =>
    transactions.run<ApplyResult | "missing">(async (session, attempt) => {
      for (const view of views) await write(session, view);
      const closedFirst = await mailWrites.close(session, plan.closedFirst);
      const attempts = await mailWrites.enqueue(session, plan.mails, step, attempt);
      const closed = added(closedFirst, await mailWrites.close(session, plan.closed));
      const progressed = await checkpoints.advance(session, checkpoint, closed);
      if (progressed === "done") return { commit: true, result: { type: "applied", attempts } };
      return { commit: false, result: progressed === "behind" ? { type: "behind" } : progressed };
    });

  /** Takes on one position and nothing else: a single document needs no transaction. */
  const advanceOnly = async (reactor: string, shard: number, position: number) => {
    const progressed = await checkpoints.advanceOne(reactor, shard, position);
    if (progressed === "done") return APPLIED;
    return progressed === "behind" ? ({ type: "behind" } as const) : progressed;
  };

  const getMany: ViewStore["getMany"] = async (target, ids) => {
    const { collection } = await versions.use(target);
    if (ids.length === 0) return new Map();
    const options = { projection: { document: 1 }, batchSize: ids.length + 1, readConcern: AT_ONE_MOMENT } as const;
    const found = await requests.read("find", () => collection.find({ _id: { $in: [...ids] } }, options).toArray());
    return new Map(found.map(({ _id, document }): [string, ViewDocument] => [_id, documentOf(document)]));
  };

  return {
    define: (definition, version) => versions.define(definition, version),
    activeVersion: (view) => versions.active(view),
    activate: (target) => versions.activate(target),
    checkpoint: (reactor) => checkpoints.read(reactor),
    resetCheckpoint: (reactor) => checkpoints.reset(reactor),
    async apply(writes, checkpoint) {
      const plan = planOf(writes);
      const positions = [...(checkpoint?.positions ?? [])];
      const [only] = positions;
      const isBare = isEmpty(plan);
      if (isBare && only === undefined) return APPLIED;
      const step = new ObjectId();
      if (checkpoint === undefined && hasOnlyMails(plan)) {
        return { type: "applied", attempts: await mailWrites.enqueueAlone(plan.mails, step) };
      }
      const views = await Promise.all(plan.views.map(writesOf));
      for (let attempt = 1; attempt <= MAX_PREPARATIONS; attempt++) {
        const result =
          checkpoint !== undefined && isBare && only !== undefined && positions.length === 1
            ? await advanceOnly(checkpoint.reactor, ...only)
            : await applyOnce(plan, views, checkpoint ?? null, step);
        if (result !== "missing") return result;
        if (checkpoint !== undefined) await checkpoints.prepare(checkpoint);
      }
      throw new OperationalError("store_unavailable", `the checkpoints of ${checkpoint?.reactor} do not stay`, {
        retryable: true,
      });
    },
    async putNew(target, documents) {
      const { collection, fields } = await versions.use(target);
      const records = [...documents].map(([id, document]) => viewRecord(id, document, fields));
      if (records.length === 0) return new Map();
      await requests.write("insert", () =>
        collection.insertMany(records, { ordered: false }).catch((error: unknown) => {
          if (!isOnlyDuplicates(error)) throw error;
        }),
      );
      const found = await getMany(target, [...documents.keys()]);
      if (found.size === documents.size) return found;
      // What another process put first may not be on most members yet: it will be in a moment.
      const message = `documents of ${target.view} were put and are not seen yet`;
      throw new OperationalError("store_unavailable", message, { retryable: true });
    },
    getMany,
    async scan(target, { afterId, limit }) {
      const { collection } = await versions.use(target);
      const options = {
        projection: { document: 1 },
        sort: { _id: 1 },
        limit,
        batchSize: limit + 1,
        readConcern: AT_ONE_MOMENT,
      } as const;
      const filter = { _id: { $gt: afterId } };
      const found = await requests.read("find", () => collection.find(filter, options).toArray());
      return found.map(({ _id, document }) => ({ id: _id, document: documentOf(document) }));
    },
    async list(target, query) {
      const { collection, fields } = await versions.use(target);
      const filter = listingFilter(query, fields);
      const order = query.direction === "ascending" ? 1 : -1;
      const options = {
        projection: { document: 1 },
        sort: { [`fields.${query.sortBy}`]: order, _id: order },
        limit: query.limit,
        batchSize: query.limit + 1,
        readConcern: AT_ONE_MOMENT,
      } as const;
      const found = await requests.read("find", () => collection.find(filter, options).toArray());
      return found.map(({ _id, document }) => ({ id: _id, document: documentOf(document) }));
    },
  };
}

function added(a: MailCounts, b: MailCounts): MailCounts {
  const sum = new Map(a);
  for (const [state, mails] of b) sum.set(state, (sum.get(state) ?? 0) + mails);
  return sum;
}

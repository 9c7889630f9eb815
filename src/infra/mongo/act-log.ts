/** The audit in MongoDB. An act is kept as its JSON, so that it reads back exactly whatever its details are. */
import type { Collection, Filter } from "mongodb";
import type { ActLog, OperatorAct } from "../../actors/operators.ts";
import { isDuplicateKey } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

export interface ActDocument {
  /** The act's id: ids sort by time. */
  readonly _id: string;
  /** Left out for an act without a target. */
  readonly target?: string;
  readonly act: string;
}

export function createMongoActLog(deps: {
  readonly acts: Collection<ActDocument>;
  readonly requests: Requests;
}): ActLog {
  const { acts, requests } = deps;
  return {
    async append(act) {
      const { actId: _id, target } = act;
      const document = { _id, act: JSON.stringify(act), ...(target === null ? {} : { target }) };
      await requests.write("insert", () => insertOnce(acts, document));
    },
    async list({ limit, target, beforeActId }) {
      const filter: Filter<ActDocument> = {
        ...(target === undefined ? {} : { target: { $eq: target } }),
        ...(beforeActId === undefined ? {} : { _id: { $lt: beforeActId } }),
      };
      const options = { sort: { _id: -1 }, limit, batchSize: limit + 1, projection: { act: 1 } } as const;
      const found = await requests.read("find", () => acts.find(filter, options).toArray());
      return found.map(({ act }) => JSON.parse(act) as OperatorAct);
    },
  };
}

async function insertOnce(acts: Collection<ActDocument>, document: ActDocument): Promise<void> {
  try {
    await acts.insertOne(document);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

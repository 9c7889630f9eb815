/**
 * Reads orders for all who ask at once. What a request costs the store counts far more than what it asks for, so
 * questions that come while one is on its way go together as the next one, whatever their shards.
 */
import type { Collection } from "mongodb";
import type { Commit } from "../../actors/ports.ts";
import { commitOf, type StoredCommit } from "./commit-documents.ts";
import type { Requests } from "./requests.ts";

/** Two questions keep the store busy while answers travel; more of them would only be smaller. */
const MAX_IN_FLIGHT = 2;
/** More orders than this in one question gain nothing. */
const MAX_ORDERS = 500;
/** More than the commits of the orders of one question, so that they come in one answer. */
const BATCH_COMMITS = 10_000;

interface Question {
  readonly shard: number;
  readonly orderIds: readonly string[];
  resolve(commits: readonly Commit[]): void;
  reject(error: unknown): void;
}

/** Returns the function that reads the commits of some orders of a shard, each order's oldest first. */
export function createOrderReads(deps: {
  readonly stored: Collection<StoredCommit>;
  readonly requests: Requests;
}): (shard: number, orderIds: readonly string[]) => Promise<readonly Commit[]> {
  const { stored, requests } = deps;
  const waiting: Question[] = [];
  let inFlight = 0;

  const ask = async (questions: readonly Question[]): Promise<void> => {
    const parts = questions.map(({ shard, orderIds }) => ({ shard, orderId: { $in: [...orderIds] } }));
    const filter = parts.length === 1 ? (parts[0] ?? {}) : { $or: parts };
    try {
      const found = await requests.read("find", () => stored.find(filter, { batchSize: BATCH_COMMITS }).toArray());
      found.sort((a, b) => a.sequence - b.sequence);
      const ofShards = Map.groupBy(found.map(commitOf), ({ shard }) => shard);
      for (const { shard, orderIds, resolve } of questions) {
        const asked = new Set(orderIds);
        resolve((ofShards.get(shard) ?? []).filter(({ orderId }) => asked.has(orderId)));
      }
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  };

  const pump = (): void => {
    while (inFlight < MAX_IN_FLIGHT && waiting.length > 0) {
      inFlight += 1;
      void ask(take(waiting)).then(() => {
        inFlight -= 1;
        pump();
      });
    }
  };

  return (shard, orderIds) =>
    new Promise((resolve, reject) => {
      waiting.push({ shard, orderIds, resolve, reject });
      // What else is asked in this turn of the event loop joins it.
      if (waiting.length === 1) setImmediate(pump);
    });
}

/** Takes the oldest questions, up to a number of orders; a question that is larger goes alone. */
function take(waiting: Question[]): Question[] {
  let orders = 0;
  let count = 0;
  for (const { orderIds } of waiting) {
    orders += orderIds.length;
    if (count > 0 && orders > MAX_ORDERS) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

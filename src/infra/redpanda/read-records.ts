/** Reads a partition as tools and tests do: without a consumer group, and to the end that it has now. */
import type { LogRecord, Topic } from "../../actors/ports.ts";
import { fetchedRecordOf } from "./fetched-records.ts";
import { type LogQueries, partitionKey } from "./log-queries.ts";

const FETCH_BYTES = 1_024 * 1_024;

/** Up to `limit` records from an offset on, oldest first; fewer only when the partition ends there. */
export async function readRecords(
  queries: LogQueries,
  { topic, shard, fromOffset, limit }: { topic: Topic; shard: number; fromOffset: number; limit: number },
): Promise<readonly LogRecord[]> {
  const key = partitionKey(topic, shard);
  const [starts, ends] = await Promise.all([queries.offsets("start", [topic]), queries.offsets("end", [topic])]);
  const end = ends.get(key) ?? 0;
  const records: LogRecord[] = [];
  let next = Math.max(fromOffset, starts.get(key) ?? 0);
  while (next < end && records.length < limit) {
    const [fetched] = await queries.fetch([{ topic, shard, offset: next, maxBytes: FETCH_BYTES }]);
    const messages = fetched?.messages.filter(({ offset }) => Number(offset) >= next) ?? [];
    const last = messages.at(-1);
    // Nothing but marks of transactions is left: those before the end are not told apart from it.
    if (last === undefined) break;
    records.push(...messages.map((message) => fetchedRecordOf(topic, shard, message).record));
    next = Number(last.offset) + 1;
  }
  return records.slice(0, limit);
}

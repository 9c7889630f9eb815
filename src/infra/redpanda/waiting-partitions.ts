/** What waits for a consumer and is not with its handlers, as the watchdog of its progress looks at it. */
import { INBOX_TOPICS } from "../../actors/ports.ts";
import type { Assignment } from "./assignment.ts";
import { type LogQueries, partitionKey } from "./log-queries.ts";
import type { Waiting } from "./progress-watchdog.ts";

export interface GroupPlace {
  readonly assignment: Assignment;
  /** How often the group has given out its shards to this process. */
  readonly joins: number;
}

/**
 * Partitions that hold records which are not processed, or the membership of the group when there is none.
 * @param place what it is when the brokers have answered.
 */
export async function waitingPartitions(
  queries: Pick<LogQueries, "offsets">,
  place: () => GroupPlace,
): Promise<readonly Waiting[]> {
  const ends = await queries.offsets("end", INBOX_TOPICS);
  const { assignment, joins } = place();
  const { ended, shards } = assignment;
  if (ended.aborted) return [{ key: "membership", progress: joins, what: "it is no member of its group" }];
  return [...shards.values()].flatMap(({ busy, partitions }) =>
    partitions.flatMap(({ topic, shard, processedOffset, nextOffset }) => {
      const key = partitionKey(topic, shard);
      const processed = processedOffset ?? 0;
      if (busy || processed >= (ends.get(key) ?? 0)) return [];
      const what = `records of ${topic} wait in partition ${shard} from offset ${processed} on`;
      return [{ key, progress: processed + (nextOffset ?? 0), what }];
    }),
  );
}

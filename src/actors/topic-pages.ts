/** A shard of a topic from its beginning on, page by page, for whoever looks at all of it and keeps none of it. */
import type { LogRecord, MessageLog, Topic } from "./ports.ts";

/**
 * Pages of records, oldest first, none of them empty.
 * @param until the offset of the first record that is left out; all are in when it is not given.
 */
export async function* topicPages(
  log: Pick<MessageLog, "read">,
  place: { readonly topic: Topic; readonly shard: number; readonly pageRecords: number; readonly until?: number },
): AsyncGenerator<readonly LogRecord[]> {
  const { topic, shard, pageRecords, until = Number.POSITIVE_INFINITY } = place;
  for (let from = 0; from < until; ) {
    const records = await log.read(topic, shard, from, pageRecords);
    const last = records.at(-1);
    if (last === undefined) return;
    yield records.filter(({ offset }) => offset < until);
    from = last.offset + 1;
  }
}

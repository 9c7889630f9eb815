/**
 * What must hold for the topics at every moment: nothing is published that is not stored, and each order's events in
 * their order (A1); no offset is committed past a record that nothing has come of (A3); and a dead letter is a letter
 * for a message that really could not be taken.
 */
import { INBOX_TOPICS, type InboxTopic, type LogRecord } from "../../../src/actors/ports.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { BrokerObserver, Partition } from "../world/broker.ts";
import type { Fail } from "./fail.ts";
import type { Inbox, InboxEntry } from "./inbox.ts";
import type { OrderAudit } from "./order-audit.ts";
import { copyOf, type ModelTerms, newModelOrder, play } from "./reference-model.ts";

export interface TopicAudit extends BrokerObserver {
  /** True when something has come of a record: an event, a dead letter, its forwarding, or rightly nothing. */
  isProcessed(entry: InboxEntry): boolean;
  /** The last published sequence of each order, and how many records were published. */
  published(): ReadonlyMap<string, number>;
  /** Every dead letter by its id. */
  letters(): ReadonlyMap<string, LogRecord>;
}

/** The order, the sequence and the type of a published event. */
const PUBLISHED = /^\{"specversion":"1\.0","id":"([^":]+):(\d+)".*?"type":"orderloom\.(\w+)"/;

export function createTopicAudit(deps: {
  readonly inbox: Inbox;
  readonly orders: OrderAudit;
  readonly terms: ModelTerms;
  readonly coverage: Coverage;
  readonly fail: Fail;
}): TopicAudit {
  const { inbox, orders, terms, coverage, fail } = deps;
  const published = new Map<string, number>();
  const letters = new Map<string, LogRecord>();
  /** How far the records of a partition have been seen to be processed. */
  const checked = new Map<Partition, number>();
  const processed = new Set<InboxEntry>();

  const isProcessed = (entry: InboxEntry): boolean => {
    const isKnown = processed.has(entry) || somethingCameOf(entry);
    if (isKnown) processed.add(entry);
    return isKnown;
  };
  const somethingCameOf = ({ record, message, isMisrouted }: InboxEntry): boolean => {
    if (letters.has(`${record.topic}/${record.shard}/${record.offset}`)) return true;
    if (message === null) return false;
    if (isMisrouted) {
      const arrived = inbox.ofOrder(message.orderId);
      return arrived.some((other) => other.record.topic === "order-commands" && other.record.value === record.value);
    }
    const model = orders.order(message.orderId)?.model ?? newModelOrder();
    return play(copyOf(model), message, terms) === "nothing";
  };

  const takePublished = ({ key, value }: LogRecord): void => {
    const [, id = "", sequenceText = "", type = ""] = PUBLISHED.exec(value as string) ?? [];
    const sequence = Number(sequenceText);
    const stored = orders.order(key)?.events[sequence - 1];
    if (stored === undefined || stored.type !== type || id !== key) {
      fail(
        "A1",
        `${type} is published as ${id}:${sequence} with the key ${key}, and stored is ${stored?.type ?? "nothing"}`,
      );
    } else if (!(value as string).endsWith(`,"data":${JSON.stringify(stored.data)}}`)) {
      fail("A1", `${id}:${sequence} is published with other data than it is stored with`);
    }
    const before = published.get(key) ?? 0;
    if (sequence > before + 1) fail("A1", `${id}:${sequence} is published before ${id}:${before + 1}`);
    if (sequence <= before) coverage.hit("log: an event is published again");
    published.set(key, Math.max(before, sequence));
  };

  const takeLetter = (record: LogRecord): void => {
    const { "dead-letter-id": id, "dead-letter-code": code, "dead-letter-detail": detail } = record.headers;
    if (id === undefined) fail("A0", "a dead letter has no id");
    else letters.set(id, record);
    coverage.hit(`letter ${code}`);
    if (code === "internal_error") fail("A0", `a message is parked because of a defect: ${detail}`);
  };

  return {
    appended(record) {
      if (record.topic === "order-events") takePublished(record);
      else if (record.topic === "dead-letters") takeLetter(record);
      else inbox.take(record);
    },
    committed(partition) {
      if (!INBOX_TOPICS.includes(partition.topic as InboxTopic)) return;
      const { topic, shard, records, committedOffset } = partition;
      if (committedOffset > records.length) fail("A3", `${topic}/${shard} is committed past its end`);
      for (let offset = checked.get(partition) ?? 0; offset < committedOffset; offset++) {
        const record = records[offset];
        if (record === undefined || isProcessed(inbox.entryOf(record))) continue;
        fail("A3", `${topic}/${shard} is committed to ${committedOffset}, and nothing has come of ${offset}`);
      }
      checked.set(partition, Math.max(checked.get(partition) ?? 0, committedOffset));
    },
    isProcessed,
    published: () => published,
    letters: () => letters,
  };
}

/** The five topics as they are in the log: their names there, how they are created, and how large a record each takes. */
import { INBOX_TOPICS, OUTBOX_TOPICS, type Topic } from "../../actors/ports.ts";

export const TOPICS: readonly Topic[] = [...INBOX_TOPICS, ...OUTBOX_TOPICS];

const DAY_MS = 24 * 60 * 60 * 1_000;
const MAX_BATCH_BYTES = 1_024 * 1_024;
/** A dead letter is the record with some headers more, so there the largest record must still find room. */
const DEAD_LETTER_EXTRA_BYTES = 128 * 1_024;
/** What a batch has beside its records. */
const BATCH_OVERHEAD_BYTES = 128;

/** Inbox topics keep records so long that a weekend of trouble loses nothing; people may take longer with dead letters. */
const RETENTION_DAYS: Readonly<Record<Topic, number>> = {
  orders: 7,
  payments: 7,
  "order-commands": 7,
  "order-events": 7,
  "dead-letters": 30,
};

export function retentionMs(topic: Topic): number {
  return RETENTION_DAYS[topic] * DAY_MS;
}

/** The largest batch that a topic takes. */
export function maxBatchBytes(topic: Topic): number {
  return topic === "dead-letters" ? MAX_BATCH_BYTES + DEAD_LETTER_EXTRA_BYTES : MAX_BATCH_BYTES;
}

/** The largest record that a topic takes. */
export function maxRecordBytes(topic: Topic): number {
  return maxBatchBytes(topic) - BATCH_OVERHEAD_BYTES;
}

/** How many copies of a record must be stored before it counts as stored: all but one, so that one broker may be away. */
export function minInsyncReplicas(replication: number): number {
  return Math.max(1, replication - 1);
}

/** Names in the log and in the port. */
export interface TopicNames {
  nameOf(topic: Topic): string;
  /** @throws Error for a topic that is none of ours: it was never asked for. */
  topicOf(name: string): Topic;
}

export function createTopicNames(prefix: string): TopicNames {
  const topics = new Map(TOPICS.map((topic) => [`${prefix}${topic}`, topic]));
  return {
    nameOf: (topic) => `${prefix}${topic}`,
    topicOf(name) {
      const topic = topics.get(name);
      if (topic === undefined) throw new Error(`the log answered for the topic ${name}, which nobody asked for`);
      return topic;
    },
  };
}

/**
 * The message log on Redpanda, or any broker that speaks Kafka's protocol, through kafkajs 2.2.4. Many processes share
 * it: each may produce, and those that consume are members of one consumer group, which gives each shard to one of them.
 */
import type { Clock, MessageLog, Random } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { pause } from "../waiting.ts";
import { createComplaints } from "./complaints.ts";
import { ensureTopics, findMissingTopics } from "./ensure-topics.ts";
import { startInboxConsumer } from "./inbox-consumer.ts";
import { createInboxLag } from "./inbox-lag.ts";
import { createLogQueries, type LogQueries, partitionKey } from "./log-queries.ts";
import { readRecords } from "./read-records.ts";
import { createRecordProducer } from "./record-producer.ts";
import { createTopicNames, TOPICS } from "./topics.ts";

/**
 * So many partitions of a topic share one send at a time: what waits meanwhile goes together. A send costs the brokers and
 * this process far more than the records in it; and no partition waits for the brokers of more than seven others.
 */
const PARTITIONS_PER_SEND = 8;
const STALLED_AFTER_MS = 20_000;
/** For some hundred new partitions on a busy machine. */
const SERVED_DEADLINE_MS = 30_000;
const SERVED_PAUSE_MS = 200;

export interface RedpandaLogDeps {
  /** As `host:port`. */
  readonly brokers: readonly string[];
  readonly shards: number;
  readonly groupId: string;
  /** Put before every topic's name; may be empty. */
  readonly topicPrefix: string;
  /** How many brokers keep each record. */
  readonly replication: number;
  /** After so long without a sign of life the group gives this process's shards to others. */
  readonly sessionTimeoutMs: number;
  /** Names this process to people who look at the brokers, and as the owner of its shards. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly metrics: EngineMetrics;
  /** A batch failed and comes again, a record was put aside, or the brokers cannot be reached for a while. */
  readonly onError: (error: unknown) => void;
  /** The consumer is dead, and the process must end. */
  readonly onCrash: (error: Error) => void;
  /** How long nothing may happen while records wait, before the consumer counts as dead. */
  readonly stalledAfterMs?: number;
}

export interface RedpandaLog extends MessageLog {
  /**
   * Creates the topics that are missing and checks the others.
   * @throws OperationalError `topics_differ` when a topic is not as it must be.
   */
  ensureTopics(): Promise<void>;
  /** The names of the topics that are missing; creates none, and checks the others. @throws OperationalError `topics_differ`. */
  missingTopics(): Promise<readonly string[]>;
  /** Rejects when the brokers do not answer for the inbox topics. */
  probe(): Promise<void>;
  /** Lets what is under way end for some seconds and closes every connection. Idempotent. */
  stop(): Promise<void>;
}

/** Connects to nothing yet: each part does when it is used first. */
export function createRedpandaLog(deps: RedpandaLogDeps): RedpandaLog {
  const { stalledAfterMs = Math.max(STALLED_AFTER_MS, 2 * deps.sessionTimeoutMs) } = deps;
  const names = createTopicNames(deps.topicPrefix);
  const parts = { ...deps, names, stalledAfterMs, onComplaint: createComplaints(deps) };
  const producer = createRecordProducer({ ...parts, lanes: Math.ceil(deps.shards / PARTITIONS_PER_SEND) });
  const queries = createLogQueries(parts);
  const inboxLag = createInboxLag({ ...deps, queries });
  let consumer: ReturnType<typeof startInboxConsumer> | null = null;
  let stopped: Promise<void> | null = null;

  const stop = async (): Promise<void> => {
    const started = await consumer?.catch(() => null);
    await started?.stop();
    await producer.stop();
    queries.stop();
  };

  return {
    produce: producer.produce,
    async consumeInbox(handlers) {
      if (consumer !== null) throw new Error("the inbox is being consumed already");
      const starting = startInboxConsumer({ ...parts, handlers, queries, produce: producer.produce });
      consumer = starting;
      const forget = (): void => {
        if (consumer === starting) consumer = null;
      };
      const started = await starting.catch((error: unknown) => {
        forget();
        throw error;
      });
      return {
        async stop() {
          await started.stop();
          forget();
        },
      };
    },
    inboxLag,
    read: (topic, shard, fromOffset, limit) => readRecords(queries, { topic, shard, fromOffset, limit }),
    async endOffsets(topic) {
      const ends = await queries.offsets("end", [topic]);
      return new Map(
        Array.from({ length: deps.shards }, (_, shard) => [shard, ends.get(partitionKey(topic, shard)) ?? 0]),
      );
    },
    asConsumed: async (records) => records,
    async ensureTopics() {
      await ensureTopics(parts);
      await untilServed(deps.clock, queries);
    },
    missingTopics: () => findMissingTopics(parts),
    async probe() {
      await queries.offsets("end", ["orders"]);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/**
 * Waits until every partition has a leader that answers. New ones take their time, and kafkajs would join its group
 * anew at each that does not answer yet.
 */
async function untilServed(clock: Clock, queries: LogQueries): Promise<void> {
  const lateMs = clock.nowMs() + SERVED_DEADLINE_MS;
  for (;;) {
    try {
      await queries.offsets("end", TOPICS);
      return;
    } catch (error) {
      if (clock.nowMs() >= lateMs) throw error;
    }
    await pause(clock, SERVED_PAUSE_MS);
  }
}

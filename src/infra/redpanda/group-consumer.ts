/**
 * A kafkajs consumer of the inbox topics as the rest of this folder wants it: it fetches and heartbeats, tells what
 * happens to its membership, and decides nothing about records. What kafkajs would do by itself is switched off.
 */
import type { Batch, Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import { INBOX_TOPICS, type InboxTopic } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import type { CommitRequest } from "./assignment.ts";
import { createKafkaClient, type KafkaClientDeps } from "./kafka-client.ts";
import { isPassing, logUnavailable } from "./log-errors.ts";
import { countRoundTrips } from "./round-trips.ts";
import { createShardAssigner } from "./shard-assigner.ts";
import type { TopicNames } from "./topics.ts";
import { pause, withDeadline } from "./waiting.ts";

/** A fetch that finds nothing waits this long at the broker; so long a stop or a resumed partition may have to wait, too. */
const FETCH_WAIT_MS = 100;
const FETCH_BYTES = 8 * 1_024 * 1_024;
const FETCH_BYTES_PER_PARTITION = 256 * 1_024;
/** A rebalance is noticed at a heartbeat. */
const HEARTBEAT_MS = 500;
/** A broker that hangs is left after so long, for another one that the metadata names by then. */
const REQUEST_TIMEOUT_MS = 5_000;
const METADATA_MAX_AGE_MS = 10_000;
const CONNECT_DEADLINE_MS = 15_000;
const SUBSCRIBE_ATTEMPTS = 20;
const SUBSCRIBE_PAUSE_MS = 200;
const STOP_DEADLINE_MS = 5_000;

/** What one fetch brought of one partition. */
export interface FetchedBatch {
  readonly topic: InboxTopic;
  readonly shard: number;
  /** The offset that was asked for. */
  readonly fromOffset: number;
  /** The offset behind the last that it covers. */
  readonly nextOffset: number;
  readonly messages: readonly KafkaMessage[];
  /** Lets the next fetch begin behind it; else it comes again. */
  accept(): void;
  /** Commits offsets under the generation of the group that the fetch belonged to. */
  commit(request: CommitRequest): Promise<void>;
}

export interface GroupEvents {
  /** The group gives its shards out anew: those of this process are not its own any more. */
  onLeft(): void;
  onJoined(shards: readonly number[]): void;
  /** The group knows that this process lives, from a request sent at this time. */
  onAlive(sentMs: number): void;
  onFetched(batch: FetchedBatch): void;
  /** A fetch found no records, but offsets that belong to none, such as marks of transactions. */
  onSkipped(topic: InboxTopic, shard: number, nextOffset: number): void;
  /** kafkajs has given up. */
  onCrashed(error: Error): void;
}

export interface GroupConsumer {
  /** Joins the group and begins to fetch. */
  start(): Promise<void>;
  /** Fetches no more of a partition, and drops what is on its way. */
  pause(topic: InboxTopic, shard: number): void;
  resume(topic: InboxTopic, shard: number): void;
  /** Lets the next fetch of a partition begin at an offset. */
  seek(topic: InboxTopic, shard: number, offset: number): void;
  /** Commits offsets of an assignment that has fetched nothing yet; see `FetchedBatch` for all others. */
  commit(request: CommitRequest): Promise<void>;
  /** Leaves the group and disconnects. */
  stop(): Promise<void>;
}

export interface GroupConsumerDeps extends KafkaClientDeps {
  readonly groupId: string;
  readonly shards: number;
  readonly names: TopicNames;
  readonly sessionTimeoutMs: number;
  readonly metrics: EngineMetrics;
  /** The shards that this process had last. */
  readonly claims: () => readonly number[];
}

export function createGroupConsumer(deps: GroupConsumerDeps, events: GroupEvents): GroupConsumer {
  const { groupId, shards, names, sessionTimeoutMs, clock, metrics } = deps;
  const client = createKafkaClient(deps, REQUEST_TIMEOUT_MS);
  const topics = INBOX_TOPICS.map((topic) => names.nameOf(topic));
  const consumer = client.kafka.consumer({
    groupId,
    partitionAssigners: [
      () => createShardAssigner({ topics, shards, claims: deps.claims, onJoining: () => events.onLeft() }),
    ],
    sessionTimeout: sessionTimeoutMs,
    // Members fetch and heartbeat all the time, so one that has not joined again by then is gone.
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: HEARTBEAT_MS,
    minBytes: 1,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: FETCH_BYTES,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
  });
  listen(consumer, deps, events);
  /** Records that the last fetch brought. */
  const fetched = new Map<InboxTopic, number>();
  consumer.on(consumer.events.FETCH_START, () => {
    for (const [topic, records] of fetched) metrics.fetched(topic, records);
    fetched.clear();
  });

  const at = (topic: InboxTopic, shard: number) => [{ topic: names.nameOf(topic), partitions: [shard] }];
  const connect = async (): Promise<void> => {
    await consumer.connect();
    for (let attempts = 1; ; attempts++) {
      try {
        await consumer.subscribe({ topics, fromBeginning: true });
        return;
      } catch (error) {
        // A topic that was just created is not known to every broker at once.
        if (!isPassing(error) || attempts === SUBSCRIBE_ATTEMPTS) throw error;
      }
      await pause(clock, SUBSCRIBE_PAUSE_MS);
    }
  };
  return {
    async start() {
      try {
        await withDeadline(clock, CONNECT_DEADLINE_MS, connect(), () => new Error("no broker answers"));
      } catch (error) {
        client.close();
        throw logUnavailable("hand out its records", error);
      }
      await consumer.run({
        autoCommit: false,
        // Else an early return would pass for the whole batch.
        eachBatchAutoResolve: false,
        // No partition waits for another, not even while the three topics of a shard are taken over.
        partitionsConsumedConcurrently: topics.length * shards,
        eachBatch: async (payload) => {
          const batch = fetchedBatchOf(payload, names);
          fetched.set(batch.topic, (fetched.get(batch.topic) ?? 0) + batch.messages.length);
          events.onFetched(batch);
        },
      });
    },
    pause: (topic, shard) => consumer.pause(at(topic, shard)),
    resume: (topic, shard) => consumer.resume(at(topic, shard)),
    seek: (topic, shard, offset) =>
      consumer.seek({ topic: names.nameOf(topic), partition: shard, offset: String(offset) }),
    // It may repeat itself after a rebalance. Then it takes offsets back at worst, and some records come again.
    commit: ({ topics: offsets }) =>
      consumer.commitOffsets(
        offsets.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, ...partition }))),
      ),
    async stop() {
      // It may hang (kafkajs #967, #767); breaking off lets the group find out by itself.
      const late = (): Error => new Error("the consumer did not stop in time");
      await withDeadline(clock, STOP_DEADLINE_MS, consumer.disconnect(), late).catch(() => {});
      client.close();
    },
  };
}

function listen(consumer: Consumer, deps: GroupConsumerDeps, events: GroupEvents): void {
  const { names, metrics } = deps;
  const { GROUP_JOIN, HEARTBEAT, REQUEST, REBALANCING, STOP, CRASH, END_BATCH_PROCESS } = consumer.events;
  let heartbeatMs = 0;
  let joinMs = 0;
  consumer.on(REQUEST, ({ payload: { apiName, sentAt } }) => {
    if (apiName === "Heartbeat") heartbeatMs = sentAt;
    if (apiName === "SyncGroup") joinMs = sentAt;
  });
  countRoundTrips((listener) => consumer.on(REQUEST, ({ payload }) => listener(payload.apiName)), metrics);
  consumer.on(HEARTBEAT, () => events.onAlive(heartbeatMs));
  consumer.on(REBALANCING, () => events.onLeft());
  consumer.on(STOP, () => events.onLeft());
  consumer.on(GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    events.onAlive(joinMs);
    events.onJoined(memberAssignment[names.nameOf("orders")] ?? []);
  });
  consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    // kafkajs does not hand these over; whoever counts offsets must hear of them.
    if (batchSize === 0) events.onSkipped(names.topicOf(topic) as InboxTopic, partition, Number(lastOffset) + 1);
  });
  consumer.on(CRASH, ({ payload: { error, restart } }) => {
    if (!restart) events.onCrashed(error);
  });
}

function fetchedBatchOf(
  { batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload,
  names: TopicNames,
): FetchedBatch {
  const lastOffset = batch.lastOffset();
  return {
    topic: names.topicOf(batch.topic) as InboxTopic,
    shard: batch.partition,
    // kafkajs has it, and its types do not.
    fromOffset: Number((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset),
    nextOffset: Number(lastOffset) + 1,
    messages: batch.messages,
    accept: () => resolveOffset(lastOffset),
    // Not the consumer's own commit: that repeats itself, and after a rebalance would do so under the new generation.
    commit: (request) => commitOffsetsIfNecessary(request),
  };
}

/**
 * A kafkajs consumer of the inbox topics as the rest of this folder wants it: it fetches and heartbeats, tells what
 * happens to its membership, and decides nothing about records. What kafkajs would do by itself is switched off.
 */
import type { Batch, Consumer, ConsumerConfig, EachBatchPayload, KafkaMessage } from "kafkajs";
import { INBOX_TOPICS, type InboxTopic } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { pause, withDeadline } from "../waiting.ts";
import type { AssignedPartition, CommitRequest } from "./assignment.ts";
import { createKafkaClient, type KafkaClientDeps } from "./kafka-client.ts";
import { isCoordinatorAway, isPassing, logUnavailable } from "./log-errors.ts";
import { countRoundTrips } from "./round-trips.ts";
import { createShardAssigner } from "./shard-assigner.ts";
import type { TopicNames } from "./topics.ts";

/** A fetch that finds nothing waits this long at the broker; so long a stop or a resumed partition may have to wait, too. */
const FETCH_WAIT_MS = 100;
/**
 * kafkajs fetches again as soon as a fetch is taken. A rest lets more records come together: a fetch costs the broker and
 * this process far more than the records in it, and its haste takes time away from what others wait for.
 */
const FETCH_REST_MS = 5;
const FETCH_BYTES = 8 * 1_024 * 1_024;
const FETCH_BYTES_PER_PARTITION = 256 * 1_024;
/** A rebalance is noticed at a heartbeat. */
const HEARTBEAT_MS = 500;
/** A broker that hangs is left after so long, for another one that the metadata names by then. */
const REQUEST_TIMEOUT_MS = 5_000;
const METADATA_MAX_AGE_MS = 10_000;
/** So many failures are retried before kafkajs leaves the group and begins again. */
const FETCH_RETRIES = 5;
const CONNECT_DEADLINE_MS = 15_000;
const SUBSCRIBE_ATTEMPTS = 20;
const SUBSCRIBE_PAUSE_MS = 200;
const RESTART_PAUSE_MS = 1_000;
const STOP_DEADLINE_MS = 5_000;

/** What one fetch brought of one partition. */
export interface FetchedBatch {
  readonly topic: InboxTopic;
  /** The number of the partition. */
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

/** Offsets that belong to no record, from the first to the one behind the last. */
export type SkippedOffsets = Pick<FetchedBatch, "topic" | "shard" | "fromOffset" | "nextOffset">;

export interface GroupEvents {
  /** The group gives its shards out anew: those of this process are not its own any more. */
  onLeft(): void;
  onJoined(assigned: readonly AssignedPartition[]): void;
  /** The group knows that this process lives, from a request sent at this time. */
  onAlive(sentMs: number): void;
  onFetched(batch: FetchedBatch): void;
  /** A fetch found no records, but offsets that belong to none, such as marks of transactions. It is accepted already. */
  onSkipped(skipped: SkippedOffsets): void;
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
  const { shards, names, clock } = deps;
  const client = createKafkaClient(deps, REQUEST_TIMEOUT_MS);
  const topics = INBOX_TOPICS.map((topic) => names.nameOf(topic));
  let stopping = false;
  const consumer = client.kafka.consumer({
    ...configOf(deps, events),
    // A consumer that has been stopped must not come back: kafkajs would begin again for ever.
    retry: { retries: FETCH_RETRIES, restartOnFailure: async () => !stopping },
  });
  listen(consumer, deps, events);

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
  const run = (): Promise<void> =>
    consumer.run({
      autoCommit: false,
      // Else an early return would pass for the whole batch.
      eachBatchAutoResolve: false,
      // No partition waits for another, not even while the three topics of a shard are taken over.
      partitionsConsumedConcurrently: topics.length * shards,
      async eachBatch(payload) {
        events.onFetched(fetchedBatchOf(payload, names));
        await pause(clock, FETCH_REST_MS);
      },
    });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart || stopping) return;
    // An outage in which nobody could name the coordinator ends like any other, so kafkajs only has to begin again.
    if (isCoordinatorAway(error)) clock.schedule(RESTART_PAUSE_MS, () => void (stopping || run()));
    else events.onCrashed(error);
  });

  const at = (topic: InboxTopic, shard: number) => [{ topic: names.nameOf(topic), partitions: [shard] }];
  return {
    async start() {
      try {
        await withDeadline(clock, CONNECT_DEADLINE_MS, connect(), () => new Error("no broker answers"));
      } catch (error) {
        client.close();
        throw logUnavailable("hand out its records", error);
      }
      await run();
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
      stopping = true;
      // It may hang (kafkajs #967, #767); breaking off lets the group find out by itself.
      const late = (): Error => new Error("the consumer did not stop in time");
      await withDeadline(clock, STOP_DEADLINE_MS, consumer.disconnect(), late).catch(() => {});
      client.close();
    },
  };
}

function configOf({ groupId, shards, names, sessionTimeoutMs, claims }: GroupConsumerDeps, events: GroupEvents) {
  const topics = INBOX_TOPICS.map((topic) => names.nameOf(topic));
  return {
    groupId,
    partitionAssigners: [
      ({ cluster }) =>
        createShardAssigner({
          topics,
          shards,
          claims,
          partitionsOf: (topic) => cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
          onJoining: () => events.onLeft(),
        }),
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
  } satisfies ConsumerConfig;
}

function listen(consumer: Consumer, deps: GroupConsumerDeps, events: GroupEvents): void {
  const { names, metrics } = deps;
  const { GROUP_JOIN, HEARTBEAT, REQUEST, REBALANCING, STOP } = consumer.events;
  const { FETCH_START, START_BATCH_PROCESS, END_BATCH_PROCESS } = consumer.events;
  let heartbeatMs = 0;
  let joinMs = 0;
  /** Records that the last fetch brought. */
  const fetched = new Map<string, number>();
  consumer.on(REQUEST, ({ payload: { apiName, sentAt } }) => {
    if (apiName === "Heartbeat") heartbeatMs = sentAt;
    if (apiName === "SyncGroup") joinMs = sentAt;
  });
  countRoundTrips((listener) => consumer.on(REQUEST, ({ payload }) => listener(payload.apiName)), metrics);
  consumer.on(START_BATCH_PROCESS, ({ payload: { topic, batchSize } }) => {
    fetched.set(topic, (fetched.get(topic) ?? 0) + batchSize);
  });
  consumer.on(FETCH_START, () => {
    for (const [topic, records] of fetched) if (records > 0) metrics.fetched(names.topicOf(topic), records);
    fetched.clear();
  });
  consumer.on(HEARTBEAT, () => events.onAlive(heartbeatMs));
  consumer.on(REBALANCING, () => events.onLeft());
  consumer.on(STOP, () => events.onLeft());
  consumer.on(GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    events.onAlive(joinMs);
    const assigned = INBOX_TOPICS.flatMap((topic) => {
      return (memberAssignment[names.nameOf(topic)] ?? []).map((partition) => ({ topic, partition }));
    });
    events.onJoined(assigned);
  });
  consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, firstOffset, lastOffset } }) => {
    if (batchSize > 0) return;
    // kafkajs does not hand these over; whoever counts offsets must hear of them.
    events.onSkipped({
      topic: names.topicOf(topic) as InboxTopic,
      shard: partition,
      fromOffset: Number(firstOffset ?? lastOffset),
      nextOffset: Number(lastOffset) + 1,
    });
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

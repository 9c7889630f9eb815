/**
 * Finds the topics that are missing, creates them where it is asked to, and checks those that are there. A shard is one partition of each inbox topic,
 * so a topic with another number of partitions would keep orders where nobody looks for them.
 */
import kafkajs, { type Admin } from "kafkajs";
import { OperationalError } from "../../actors/errors.ts";
import type { Topic } from "../../actors/ports.ts";
import { pause, withDeadline } from "../waiting.ts";
import { createKafkaClient, type KafkaClientDeps } from "./kafka-client.ts";
import { isPassing, logUnavailable, protocolErrorOf } from "./log-errors.ts";
import { differenceOf, type FoundTopic } from "./topic-check.ts";
import { maxBatchBytes, minInsyncReplicas, retentionMs, TOPICS, type TopicNames } from "./topics.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const DEADLINE_MS = 30_000;
const KNOWN_DEADLINE_MS = 10_000;
const PAUSE_MS = 50;
/** The brokers' words for a topic that they will not create as it is asked for. */
const REFUSALS = new Set([
  "INVALID_REPLICATION_FACTOR",
  "INVALID_CONFIG",
  "POLICY_VIOLATION",
  "TOPIC_AUTHORIZATION_FAILED",
]);

export interface EnsureTopicsDeps extends KafkaClientDeps {
  readonly shards: number;
  readonly replication: number;
  readonly names: TopicNames;
}

/**
 * Resolves once all five topics are there and as they must be.
 * @throws OperationalError `topics_differ` naming the first that is not, `log_unavailable` when no broker answers.
 */
export function ensureTopics(deps: EnsureTopicsDeps): Promise<void> {
  return withAdmin(deps, "create and check its topics", async (admin) => {
    await createMissing(admin, deps, await missingTopics(admin, deps));
    checkTopics(await describeOnceKnown(admin, deps), deps);
  });
}

/**
 * The names of those of the five topics that are not there. It creates none, and checks the others.
 * @throws OperationalError `topics_differ` naming the first that is not as it must be, `log_unavailable`.
 */
export function findMissingTopics(deps: EnsureTopicsDeps): Promise<readonly string[]> {
  return withAdmin(deps, "tell of its topics", async (admin) => {
    const missing = await missingTopics(admin, deps);
    const there = TOPICS.filter((topic) => !missing.includes(topic));
    if (there.length > 0) checkTopics(await describe(admin, deps.names, there), deps);
    return missing.map((topic) => deps.names.nameOf(topic));
  });
}

async function withAdmin<Result>(
  deps: EnsureTopicsDeps,
  doing: string,
  use: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const client = createKafkaClient(deps, REQUEST_TIMEOUT_MS);
  const admin = client.kafka.admin();
  const work = async (): Promise<Result> => {
    await admin.connect();
    return use(admin);
  };
  try {
    return await withDeadline(deps.clock, DEADLINE_MS, work(), () => new Error("no broker answers"));
  } catch (error) {
    if (error instanceof OperationalError) throw error;
    throw logUnavailable(doing, error);
  } finally {
    client.close();
  }
}

function checkTopics(found: readonly FoundTopic[], deps: EnsureTopicsDeps): void {
  const [difference] = found.map((topic) => differenceOf(topic, deps)).filter((sentence) => sentence !== null);
  if (difference !== undefined) throw new OperationalError("topics_differ", difference, { retryable: false });
}

async function missingTopics(admin: Admin, { names }: EnsureTopicsDeps): Promise<readonly Topic[]> {
  const existing = new Set(await admin.listTopics());
  return TOPICS.filter((topic) => !existing.has(names.nameOf(topic)));
}

async function createMissing(
  admin: Admin,
  { shards, replication, names }: EnsureTopicsDeps,
  missing: readonly Topic[],
): Promise<void> {
  if (missing.length === 0) return;
  try {
    // When another process that starts now was faster, kafkajs resolves all the same.
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map((topic) => ({
        topic: names.nameOf(topic),
        numPartitions: shards,
        replicationFactor: replication,
        configEntries: settingsOf(topic, replication),
      })),
    });
  } catch (error) {
    throw refusalOf(error, replication) ?? error;
  }
}

function settingsOf(topic: Topic, replication: number): { name: string; value: string }[] {
  return Object.entries({
    "cleanup.policy": "delete",
    "retention.ms": retentionMs(topic),
    // Whatever the brokers do by themselves.
    "retention.bytes": -1,
    "max.message.bytes": maxBatchBytes(topic),
    // A producer's clock must not decide in which order topics are read, nor since when a record waits.
    "message.timestamp.type": "LogAppendTime",
    "min.insync.replicas": minInsyncReplicas(replication),
  }).map(([name, value]) => ({ name, value: String(value) }));
}

function refusalOf(error: unknown, replication: number): OperationalError | null {
  const causes: unknown[] = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error];
  const refused = causes.find((cause) => REFUSALS.has(protocolErrorOf(cause) ?? ""));
  if (!(refused instanceof Error)) return null;
  const { topic: name = "" } = refused as { topic?: string };
  const message =
    `The topic ${name} cannot be created: found none, wanted one with ${replication} replicas, and the brokers say ` +
    `"${refused.message}". Correct TOPIC_REPLICATION or the brokers, or create the topic by hand.`;
  return new OperationalError("topics_differ", message, { retryable: false, cause: error });
}

/** Asks until every broker that is asked knows the topics: one that was just created is not known everywhere at once. */
async function describeOnceKnown(admin: Admin, { names, clock }: EnsureTopicsDeps): Promise<readonly FoundTopic[]> {
  const lateMs = clock.nowMs() + KNOWN_DEADLINE_MS;
  for (;;) {
    try {
      return await describe(admin, names, TOPICS);
    } catch (error) {
      if (!isPassing(error) || clock.nowMs() >= lateMs) throw error;
    }
    await pause(clock, PAUSE_MS);
  }
}

async function describe(admin: Admin, names: TopicNames, asked: readonly Topic[]): Promise<readonly FoundTopic[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: asked.map((topic) => names.nameOf(topic)) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  return topics.map(({ name, partitions }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    return {
      topic: names.topicOf(name),
      name,
      partitions: partitions.length,
      replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      settings: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  });
}

/** The production engines: the log on Redpanda, the stores on MongoDB, shared by any number of processes. */
import { hostname } from "node:os";
import { OperationalError } from "./actors/errors.ts";
import type { MessageLog } from "./actors/ports.ts";
import { readingAvro, withAvro } from "./infra/avro/avro-log.ts";
import { brokersOf, type Config } from "./infra/config.ts";
import type { EngineMetrics } from "./infra/engine-metrics.ts";
import { openMongo, openMongoForReading } from "./infra/mongo/mongo.ts";
import { createRedpandaLog, type RedpandaLog } from "./infra/redpanda/redpanda-log.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import type { ReadableStores, StoreEvents, Stores } from "./stores.ts";

/**
 * Connects to the engines, creates what is missing and checks what is there.
 * @throws OperationalError when an engine cannot be reached, lacks something, or holds data of another layout.
 */
export async function openEngineStores(config: Config, metrics: EngineMetrics, on: StoreEvents): Promise<Stores> {
  const { MONGODB_URL: url = "", SHARDS: shards } = config;
  const mongo = await openMongo({ url, shards, clock: systemClock, metrics });
  const redpanda = createEngineLog(config, metrics, on);
  const stop = async (): Promise<void> => {
    await redpanda.stop();
    await mongo.stop();
  };
  try {
    await redpanda.ensureTopics();
    const { eventStore, viewStore, ledger, operatorKeys, actLog } = mongo;
    return {
      log: await withSchemas(redpanda, config, metrics, on),
      eventStore,
      viewStore,
      ledger,
      operatorKeys,
      actLog,
      exclusive: false,
      place: `${config.REDPANDA_BROKERS} and ${mongo.hosts}`,
      prepared: [...mongo.prepared, `the topics have ${shards} partitions each`],
      pendingOperations: () => mongo.pendingOperations(),
      probeLog: () => redpanda.probe(),
      probeStore: () => mongo.probe(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Connects to the engines for a command that only looks, and creates nothing.
 * @param views the views that the command reads.
 * @throws OperationalError `not_prepared` naming what is missing, or what `openEngineStores` throws.
 */
export async function openEnginesForReading(
  config: Config,
  metrics: EngineMetrics,
  on: StoreEvents,
  views: readonly string[],
): Promise<ReadableStores> {
  const { MONGODB_URL: url = "", SHARDS: shards, SCHEMA_REGISTRY_URL: registryUrl } = config;
  const mongo = await openMongoForReading({ url, shards, clock: systemClock, metrics });
  const redpanda = createEngineLog(config, metrics, on);
  const stop = async (): Promise<void> => {
    await redpanda.stop();
    await mongo.stop();
  };
  try {
    const { collections, indexes, views: defined } = mongo.found;
    const missingViews = views.filter((view) => !defined.has(view));
    requireNothing({ topics: await redpanda.missingTopics(), collections, views: missingViews });
    const { eventStore, viewStore, ledger, operatorKeys } = mongo;
    const log = readingAvro(redpanda, { registryUrl, clock: systemClock, random: systemRandom, metrics });
    return { log, eventStore, viewStore, ledger, operatorKeys, missingIndexes: indexes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws OperationalError `not_prepared` when anything is missing. */
function requireNothing(missing: Readonly<Record<string, readonly string[]>>): void {
  const lacks = Object.entries(missing).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`the ${what} ${names.join(", ")}`],
  );
  if (lacks.length === 0) return;
  const message =
    `The engines lack ${lacks.join(" and ")}, and this command creates nothing: run orderloom migrate or ` +
    "start the service, or correct the settings if they name another installation.";
  throw new OperationalError("not_prepared", message, { retryable: false });
}

/**
 * The log alone, for a command that only sends. What it sends must reach the shard that its order has in the service, so the
 * number of partitions is compared; how many replicas there are is the service's to ask for.
 * @throws OperationalError `not_prepared` when topics are missing, `topics_differ` when they do not fit SHARDS.
 */
export async function openEngineLogForSending(
  config: Config,
  metrics: EngineMetrics,
  on: StoreEvents,
): Promise<RedpandaLog> {
  const log = createEngineLog({ ...config, TOPIC_REPLICATION: 1 }, metrics, on);
  try {
    requireNothing({ topics: await log.missingTopics() });
    return log;
  } catch (error) {
    await log.stop();
    throw error;
  }
}

/** It connects when it is used first. */
function createEngineLog(config: Config, metrics: EngineMetrics, on: StoreEvents): RedpandaLog {
  return createRedpandaLog({
    brokers: brokersOf(config),
    shards: config.SHARDS,
    groupId: config.CONSUMER_GROUP,
    topicPrefix: config.TOPIC_PREFIX ?? "",
    replication: config.TOPIC_REPLICATION,
    sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
    clientId: `orderloom-${hostname()}-${process.pid}`,
    clock: systemClock,
    random: systemRandom,
    metrics,
    onError: on.retriedError,
    onCrash: on.crash,
  });
}

function withSchemas(log: MessageLog, config: Config, metrics: EngineMetrics, on: StoreEvents): Promise<MessageLog> {
  return withAvro(log, {
    registryUrl: config.SCHEMA_REGISTRY_URL,
    eventsFormat: config.EVENTS_FORMAT,
    topicPrefix: config.TOPIC_PREFIX ?? "",
    clock: systemClock,
    random: systemRandom,
    metrics,
    onError: on.retriedError,
  });
}

/**
 * A connection for questions to the brokers that concern no producer and no consumer. It is given up at the first
 * failure, so that the next question begins with fresh connections and fresh metadata.
 *
 * kafkajs has no public way to fetch without joining a group, but it hands the cluster of a client to partition
 * assigners, with a published type that can fetch. The consumer that is made for it here never connects.
 */
import kafkajs, { type Broker, type Cluster } from "kafkajs";
import type { EngineMetrics } from "../engine-metrics.ts";
import { pause, withDeadline } from "../waiting.ts";
import { createKafkaClient, type KafkaClient, type KafkaClientDeps } from "./kafka-client.ts";
import { isPassing, logUnavailable } from "./log-errors.ts";
import { countRoundTrips } from "./round-trips.ts";

const QUERY_DEADLINE_MS = 5_000;
const PAUSE_MS = 100;
const METADATA_MAX_AGE_MS = 10_000;

export interface AskedCluster {
  readonly cluster: Cluster;
  /** The broker that keeps the offsets of the consumer group. */
  coordinator(): Promise<Broker>;
}

export interface ClusterConnection {
  /**
   * @param doing what the question is for, as in "The message log could not <doing>".
   * @throws OperationalError `log_unavailable` when the brokers do not answer in time.
   */
  ask<Answer>(doing: string, question: (asked: AskedCluster) => Promise<Answer>): Promise<Answer>;
  stop(): void;
}

export interface ClusterConnectionDeps extends KafkaClientDeps {
  readonly groupId: string;
  /** The names in the log of the topics that questions are about. */
  readonly topicNames: readonly string[];
  readonly metrics: EngineMetrics;
}

interface Connected {
  readonly client: KafkaClient;
  readonly asked: Promise<AskedCluster>;
}

export function createClusterConnection(deps: ClusterConnectionDeps): ClusterConnection {
  const { clock } = deps;
  let connected: Connected | null = null;
  let stopped = false;

  const giveUp = (used: Connected): void => {
    used.client.close();
    if (connected === used) connected = null;
  };

  return {
    async ask(doing, question) {
      const lateMs = clock.nowMs() + QUERY_DEADLINE_MS;
      for (;;) {
        if (stopped) throw logUnavailable(doing, new Error("this process is stopping"));
        connected ??= connect(deps);
        const used = connected;
        try {
          const late = (): Error => new Error("no broker answers");
          const answer = used.asked.then(async (asked) => {
            // A topic may have got more partitions meanwhile.
            await asked.cluster.refreshMetadataIfNecessary();
            return question(asked);
          });
          return await withDeadline(clock, Math.max(1, lateMs - clock.nowMs()), answer, late);
        } catch (error) {
          giveUp(used);
          // A leader or a coordinator that moves is back in a moment.
          if (!isPassing(error) || clock.nowMs() + PAUSE_MS >= lateMs) throw logUnavailable(doing, error);
        }
        await pause(clock, PAUSE_MS);
      }
    },
    stop() {
      stopped = true;
      if (connected !== null) giveUp(connected);
    },
  };
}

function connect(deps: ClusterConnectionDeps): Connected {
  const client = createKafkaClient(deps, QUERY_DEADLINE_MS);
  return { client, asked: reach(clusterOf(client, deps), deps) };
}

async function reach(cluster: Cluster, { groupId, topicNames }: ClusterConnectionDeps): Promise<AskedCluster> {
  await cluster.connect();
  await cluster.addMultipleTargetTopics([...topicNames]);
  let coordinator: Promise<Broker> | null = null;
  return {
    cluster,
    coordinator() {
      coordinator ??= cluster.findGroupCoordinator({ groupId });
      return coordinator;
    },
  };
}

function clusterOf(client: KafkaClient, { groupId, metrics }: ClusterConnectionDeps): Cluster {
  const clusters: Cluster[] = [];
  const consumer = client.kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    partitionAssigners: [
      (group) => {
        clusters.push(group.cluster);
        return kafkajs.PartitionAssigners.roundRobin(group);
      },
    ],
  });
  countRoundTrips(
    (listener) => consumer.on(consumer.events.REQUEST, ({ payload }) => listener(payload.apiName)),
    metrics,
  );
  const [cluster] = clusters;
  if (cluster === undefined) throw new Error("kafkajs made a consumer without its assigner");
  return cluster;
}

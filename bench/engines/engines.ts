/** The bench's own access to the engines: where they are, and a place on them for each system that goes away afterwards. */
import { Kafka, logLevel } from "kafkajs";
import { MongoClient } from "mongodb";

const CONNECT_TIMEOUT_MS = 5_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What belongs to one system alone: topics that begin with a prefix, and a database. */
export interface Place {
  readonly topicPrefix: string;
  readonly mongodbUrl: string;
}

export interface Engines {
  readonly brokers: readonly Address[];
  readonly stores: readonly Address[];
  /** What the store calls itself. */
  readonly storeVersion: string;
  /** A place under a name that nothing else on the engines has. */
  place(name: string): Place;
  createTopics(names: readonly string[], partitions: number, replication: number): Promise<void>;
  /** Deletes the topics, consumer groups and database of a place. */
  remove(place: Place): Promise<void>;
  close(): Promise<void>;
}

/** Throws an Error whose message can be shown when an engine does not answer. */
export async function openEngines(brokers: string, mongodbUrl: string): Promise<Engines> {
  const kafka = new Kafka({
    clientId: "orderloom-bench",
    brokers: brokers.split(","),
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  });
  const admin = kafka.admin();
  const mongo = new MongoClient(mongodbUrl, { serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS });
  const close = async (): Promise<void> => {
    await Promise.all([admin.disconnect(), mongo.close()]);
  };
  try {
    await admin.connect().catch((error: Error) => unreachable("REDPANDA_BROKERS", error));
    await mongo.connect().catch((error: Error) => unreachable("MONGODB_URL", error));
    const cluster = await admin.describeCluster();
    const { version } = (await mongo.db().admin().buildInfo()) as { version?: string };
    return {
      brokers: cluster.brokers.map(({ host, port }) => ({ host, port })),
      stores: mongo.options.hosts.map(({ host = "", port = 0 }) => ({ host, port })),
      storeVersion: version ?? "unknown",
      place(name) {
        const own = `bench-${name}-${Date.now().toString(36)}`;
        return { topicPrefix: `${own}.`, mongodbUrl: withDatabase(mongodbUrl, own) };
      },
      async createTopics(names, numPartitions, replicationFactor) {
        const topics = names.map((topic) => ({ topic, numPartitions, replicationFactor }));
        await admin.createTopics({ topics, waitForLeaders: true });
      },
      async remove({ topicPrefix, mongodbUrl: url }) {
        const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
        if (topics.length > 0) await admin.deleteTopics({ topics });
        await mongo.db(databaseOf(url)).dropDatabase();
        const { groups } = await admin.listGroups();
        const own = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(topicPrefix));
        // One whose member did not say goodbye cannot be deleted yet; the broker forgets it by itself.
        if (own.length > 0) await admin.deleteGroups(own).catch(() => {});
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function unreachable(variable: string, error: Error): never {
  throw new Error(`the engine of ${variable} does not answer: ${error.message}`);
}

/** Scheme and hosts, the database, and the options; a list of hosts is no URL that `URL` reads. */
const MONGODB_URL = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(\?.*)?$/;

function withDatabase(url: string, database: string): string {
  const [, server = url, , options = ""] = MONGODB_URL.exec(url) ?? [];
  return `${server}/${database}${options}`;
}

function databaseOf(url: string): string {
  return MONGODB_URL.exec(url)?.[2] ?? "";
}

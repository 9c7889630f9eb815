/**
 * An installation of the service on shared engines: topics, consumer group and database of its own, so that suites do
 * not meet, and nothing of it is left afterwards, unless a fault has left something open in the store.
 */
import { randomBytes } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { MongoClient } from "mongodb";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { withDeadline } from "../../../src/infra/waiting.ts";
import type { Engines } from "./found-engines.ts";

const DROP_TIMEOUT_MS = 30_000;

export interface Installation {
  readonly topicPrefix: string;
  readonly group: string;
  readonly mongoUrl: string;
  /** The settings that make a process belong to it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Names a new installation; its topics, group and database are removed after the test. */
export function createInstallation(
  { brokers, mongoUrl }: Pick<Engines, "brokers" | "mongoUrl">,
  settings: Readonly<Record<string, string>> = {},
): Installation {
  const id = `t${randomBytes(4).toString("hex")}`;
  const ownMongoUrl = withDatabase(mongoUrl, id);
  const installation: Installation = {
    topicPrefix: `${id}-`,
    group: `${id}-orderloom`,
    mongoUrl: ownMongoUrl,
    environment: {
      REDPANDA_BROKERS: brokers,
      MONGODB_URL: ownMongoUrl,
      TOPIC_PREFIX: `${id}-`,
      CONSUMER_GROUP: `${id}-orderloom`,
      TOPIC_REPLICATION: String(Math.min(3, brokers.split(",").length)),
      DEMO_PAYMENTS: "on",
      ...settings,
    },
  };
  onTestFinished(() => remove(brokers, installation));
  return installation;
}

/** A client of the brokers for a test's own records and questions. It logs nothing. */
export function kafkaClient(brokers: string): Kafka {
  return new Kafka({ clientId: "tests", brokers: brokers.split(","), logLevel: logLevel.NOTHING });
}

export function withDatabase(mongoUrl: string, database: string): string {
  const url = new URL(mongoUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** A fault may leave a lock that keeps a database from being dropped: the next tests do not need it gone. */
async function dropWithin(mongo: MongoClient, timeoutMs: number): Promise<void> {
  const late = new Error(`${mongo.db().databaseName} is left behind: something in the store holds it`);
  try {
    await withDeadline(systemClock, timeoutMs, mongo.db().dropDatabase(), () => late);
  } catch (error) {
    if (error !== late) throw error;
    console.warn(late.message);
  }
}

async function remove(brokers: string, { topicPrefix, group, mongoUrl }: Installation): Promise<void> {
  const admin = kafkaClient(brokers).admin();
  const mongo = new MongoClient(mongoUrl);
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await dropWithin(mongo, DROP_TIMEOUT_MS);
    // A group whose members were killed a moment ago is not empty yet; an empty one of a test's harms nobody.
    await admin.deleteGroups([group]).catch(() => {});
  } finally {
    await admin.disconnect();
    await mongo.close();
  }
}

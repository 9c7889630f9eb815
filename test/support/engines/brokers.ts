/** Which broker is which, for tests that kill the leader of a partition. */
import type { Kafka } from "kafkajs";
import { expect } from "vitest";
import { kafkaClient } from "./installation.ts";

/** The name of the engine that leads a partition, as `EngineControl` knows it: brokers are named in their given order. */
export async function leaderOf(brokers: string, topic: string, partition: number): Promise<string> {
  return withAdmin(kafkaClient(brokers), async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
    const node = (await admin.describeCluster()).brokers.find(({ nodeId }) => nodeId === leader);
    const index = brokers.split(",").findIndex((address) => address.endsWith(`:${node?.port}`));
    if (index === -1) throw new Error(`the leader ${leader} of ${topic} is none of ${brokers}`);
    return `kafka-${index + 1}`;
  });
}

/** Waits until every replica of a prefix's topics is in sync again. */
export async function replicasAreInSync(brokers: string, prefix: string, timeoutMs: number): Promise<void> {
  const behind = async (): Promise<string[]> =>
    withAdmin(kafkaClient(brokers), async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
      const described = await admin.fetchTopicMetadata({ topics });
      return described.topics.flatMap(({ name, partitions }) =>
        partitions
          .filter(({ isr, replicas }) => isr.length < replicas.length)
          .map(({ partitionId }) => `${name}[${partitionId}]`),
      );
    });
  await expect.poll(() => behind().catch((error: Error) => [error.message]), { timeout: timeoutMs }).toEqual([]);
}

/** The ids that the members of a consumer group have now. A member that was given up comes back with another id. */
export async function memberIds(brokers: string, group: string): Promise<readonly string[]> {
  return withAdmin(kafkaClient(brokers), async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    return (groups[0]?.members ?? []).map(({ memberId }) => memberId).toSorted((a, b) => a.localeCompare(b));
  });
}

type Admin = ReturnType<Kafka["admin"]>;

export async function withAdmin<Result>(kafka: Kafka, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

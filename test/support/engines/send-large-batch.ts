/** Sends one batch of very many records, for which the producer of kafkajs needs time that grows with their square. */
import kafkajs, { type Cluster, CompressionTypes, type Kafka } from "kafkajs";
import { registerCodecs } from "../../../src/infra/redpanda/codecs.ts";

export interface LargeBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  /** The value of each record. */
  readonly value: string;
}

/** Sends the batch, compressed so that the topic takes it. */
export async function sendLargeBatch(kafka: Kafka, { topic, partition, records, value }: LargeBatch): Promise<void> {
  registerCodecs();
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    await cluster.addMultipleTargetTopics([topic]);
    const [nodeId = ""] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    const broker = (await cluster.findBroker({ nodeId })) as unknown as ProducingBroker;
    const messages = Array.from({ length: records }, () => ({ key: null, value: Buffer.from(value) }));
    await broker.produce({
      topicData: [{ topic, partitions: [{ partition, messages }] }],
      acks: -1,
      timeout: 60_000,
      compression: CompressionTypes.ZSTD,
    });
  } finally {
    await cluster.disconnect();
  }
}

/** What kafkajs's broker has, and its types do not. */
interface ProducingBroker {
  produce(request: {
    readonly topicData: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly messages: readonly { readonly key: null; readonly value: Buffer }[];
      }[];
    }[];
    readonly acks: number;
    readonly timeout: number;
    readonly compression: CompressionTypes;
  }): Promise<unknown>;
}

function clusterOf(kafka: Kafka): Cluster {
  const clusters: Cluster[] = [];
  kafka.consumer({
    groupId: "nobody",
    partitionAssigners: [
      (group) => {
        clusters.push(group.cluster);
        return kafkajs.PartitionAssigners.roundRobin(group);
      },
    ],
  });
  return clusters[0] as Cluster;
}

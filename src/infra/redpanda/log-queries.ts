/** What can be asked of the brokers: offsets, owners and records, for all shards in as few requests as possible. */
import kafkajs, { type Cluster, type GroupDescriptions, type KafkaMessage, type TopicOffsets } from "kafkajs";
import { INBOX_TOPICS, type InboxTopic, type Topic } from "../../actors/ports.ts";
import { type ClusterConnectionDeps, createClusterConnection } from "./cluster-connection.ts";
import { TOPICS, type TopicNames } from "./topics.ts";

const FETCH_WAIT_MS = 100;
/** No more than so much comes from one broker at once; each partition has a limit of its own. */
const FETCH_BYTES = 8 * 1_024 * 1_024;

export interface TopicPartition {
  readonly topic: Topic;
  readonly shard: number;
}

export interface FetchFrom extends TopicPartition {
  readonly offset: number;
  readonly maxBytes: number;
}

export interface FetchedMessages extends TopicPartition {
  readonly messages: readonly KafkaMessage[];
}

/**
 * All answer for every partition that a topic has, be it more than there are shards. Every method throws OperationalError
 * `log_unavailable` when the brokers do not answer.
 */
export interface LogQueries {
  /** The offset that the next record of each partition will get (`end`), or that its oldest record has (`start`). */
  offsets(edge: "start" | "end", topics: readonly Topic[]): Promise<ReadonlyMap<string, number>>;
  /** The offset that the group has committed for each inbox partition; below 0 where it has none. */
  committed(): Promise<ReadonlyMap<string, number>>;
  /** How many partitions each topic has. */
  partitionCounts(): Promise<ReadonlyMap<Topic, number>>;
  /** The client id of the member that has each shard; absent where there is none. */
  owners(): Promise<ReadonlyMap<number, string>>;
  /** Messages from an offset on, as many as fit; one batch at least from one of the partitions. */
  fetch(from: readonly FetchFrom[]): Promise<readonly FetchedMessages[]>;
  stop(): void;
}

export interface LogQueriesDeps extends Omit<ClusterConnectionDeps, "topicNames"> {
  readonly shards: number;
  readonly names: TopicNames;
}

/** Names a partition in the answers of queries. */
export function partitionKey(topic: Topic, shard: number): string {
  return `${topic}/${shard}`;
}

/** The partitions of the inbox topics that an answer tells of, by their numbers: brokers answer in any order. */
export function partitionsIn(
  answer: ReadonlyMap<string, unknown>,
): readonly { readonly topic: InboxTopic; readonly shard: number }[] {
  const partitions = [...answer.keys()].flatMap((key) => {
    const [name, shard] = key.split("/");
    const topic = INBOX_TOPICS.find((inbox) => inbox === name);
    return topic === undefined ? [] : [{ topic, shard: Number(shard) }];
  });
  const order = (topic: InboxTopic): number => INBOX_TOPICS.indexOf(topic);
  return partitions.toSorted((a, b) => a.shard - b.shard || order(a.topic) - order(b.topic));
}

export function createLogQueries(deps: LogQueriesDeps): LogQueries {
  const { groupId, shards, names } = deps;
  const topicNames = TOPICS.map((topic) => names.nameOf(topic));
  const { ask, stop } = createClusterConnection({ ...deps, topicNames });
  const partitionsOf = (cluster: Cluster, topics: readonly Topic[]): TopicOffsets[] =>
    topics.map((topic) => {
      const known = cluster.findTopicPartitionMetadata(names.nameOf(topic)).map(({ partitionId }) => partitionId);
      const all = new Set([...Array.from({ length: shards }, (_, shard) => shard), ...known]);
      return { topic: names.nameOf(topic), partitions: [...all].map((partition) => ({ partition, offset: "" })) };
    });

  return {
    stop,
    offsets: (edge, topics) =>
      ask("tell its offsets", async ({ cluster }) => {
        const fromBeginning = edge === "start";
        const wanted = partitionsOf(cluster, topics).map((topic) => ({ ...topic, fromBeginning }));
        return offsetsIn(await cluster.fetchTopicsOffset(wanted), names);
      }),
    committed: () =>
      ask("tell what is processed", async ({ cluster, coordinator }) => {
        const topics = partitionsOf(cluster, INBOX_TOPICS);
        const { responses } = await (await coordinator()).offsetFetch({ groupId, topics });
        return offsetsIn(responses, names);
      }),
    partitionCounts: () =>
      ask("tell its partitions", async ({ cluster }) => {
        return new Map(
          TOPICS.map((topic) => [topic, cluster.findTopicPartitionMetadata(names.nameOf(topic)).length] as const),
        );
      }),
    owners: () =>
      ask("tell who owns the shards", async ({ coordinator }) => {
        const groups: unknown = await (await coordinator()).describeGroups({ groupIds: [groupId] });
        return ownersIn(groups as GroupDescriptions, names.nameOf("orders"));
      }),
    fetch: (from) =>
      ask("hand out records", async ({ cluster }) => {
        const answers = await Promise.all(
          [...byLeader(cluster, from, names)].map(async ([nodeId, topics]) => {
            const broker = await cluster.findBroker({ nodeId });
            const request = { maxWaitTime: FETCH_WAIT_MS, minBytes: 1, maxBytes: FETCH_BYTES, topics };
            return (await broker.fetch(request)) as FetchAnswer;
          }),
        );
        return answers.flatMap(({ responses }) => responses).flatMap((answer) => messagesIn(answer, names));
      }),
  };
}

/** What kafkajs decodes of a fetch; its types do not tell. */
interface FetchAnswer {
  readonly responses: readonly TopicAnswer[];
}

interface TopicAnswer {
  readonly topicName: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly messages: readonly (KafkaMessage & { readonly isControlRecord?: boolean })[];
  }[];
}

function messagesIn({ topicName, partitions }: TopicAnswer, names: TopicNames): FetchedMessages[] {
  const topic = names.topicOf(topicName);
  return partitions.map(({ partition, messages }) => ({
    topic,
    shard: partition,
    // Marks of transactions are no records.
    messages: messages.filter(({ isControlRecord }) => isControlRecord !== true),
  }));
}

function offsetsIn(answers: readonly TopicOffsets[], names: TopicNames): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { topic, partitions } of answers) {
    for (const { partition, offset } of partitions) {
      offsets.set(partitionKey(names.topicOf(topic), partition), Number(offset));
    }
  }
  return offsets;
}

function ownersIn({ groups }: GroupDescriptions, ordersName: string): Map<number, string> {
  const owners = new Map<number, string>();
  for (const { clientId, memberAssignment } of groups.flatMap(({ members }) => members)) {
    const assigned = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[ordersName] ?? [];
    for (const shard of assigned) owners.set(shard, clientId);
  }
  return owners;
}

type FetchTopics = Parameters<Awaited<ReturnType<Cluster["findBroker"]>>["fetch"]>[0]["topics"];

/** The fetch request to each broker. */
function byLeader(cluster: Cluster, from: readonly FetchFrom[], names: TopicNames): Map<string, FetchTopics> {
  const requests = new Map<string, FetchTopics>();
  for (const { topic, shard, offset, maxBytes } of from) {
    const name = names.nameOf(topic);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(name, [shard]));
    if (nodeId === undefined) throw new Error(`partition ${shard} of ${name} does not exist`);
    const topics = requests.get(nodeId) ?? [];
    topics.push({ topic: name, partitions: [{ partition: shard, fetchOffset: String(offset), maxBytes }] });
    requests.set(nodeId, topics);
  }
  return requests;
}

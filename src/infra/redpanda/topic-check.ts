/** Compares a topic with what the service needs of it. */
import { INBOX_TOPICS, type InboxTopic, type Topic } from "../../actors/ports.ts";
import { minInsyncReplicas, retentionMs } from "./topics.ts";

/** What the brokers say of a topic. A setting that they do not have is absent. */
export interface FoundTopic {
  readonly topic: Topic;
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The first difference of a topic from what is wanted, as a sentence; null when there is none. */
export function differenceOf(
  { topic, name, partitions, replication, settings }: FoundTopic,
  wanted: { readonly shards: number; readonly replication: number },
): string | null {
  const differs = (what: string, found: string | number, needed: string | number, remedy: string): string =>
    `The topic ${name} has another ${what} than it must have: found ${found}, wanted ${needed}. ${remedy}`;

  if (partitions !== wanted.shards) {
    const remedy = "Every topic needs as many partitions as SHARDS says: correct SHARDS, or use another TOPIC_PREFIX.";
    return differs("number of partitions", partitions, wanted.shards, remedy);
  }
  if (replication < wanted.replication) {
    const remedy = "Add replicas to the topic, or lower TOPIC_REPLICATION.";
    return differs("number of replicas", replication, `${wanted.replication} or more`, remedy);
  }
  const copies = settings["min.insync.replicas"];
  const minCopies = minInsyncReplicas(wanted.replication);
  if (copies !== undefined && Number(copies) < minCopies) {
    return differs("min.insync.replicas", copies, `${minCopies} or more`, "Set it on the topic.");
  }
  const timestamps = settings["message.timestamp.type"];
  if (timestamps !== undefined && timestamps !== "LogAppendTime") {
    return differs("message.timestamp.type", timestamps, "LogAppendTime", "Set it on the topic.");
  }
  const cleanup = settings["cleanup.policy"];
  if (cleanup?.includes("compact")) {
    return differs(
      "cleanup.policy",
      cleanup,
      "delete",
      "Compaction would delete messages of orders: set it on the topic.",
    );
  }
  if (settings["write.caching"] === "true") {
    return differs(
      "write.caching",
      "true",
      "false",
      "With it, brokers acknowledge before a record is on disk: set it on the topic.",
    );
  }
  const retention = settings["retention.ms"];
  if (
    INBOX_TOPICS.includes(topic as InboxTopic) &&
    retention !== undefined &&
    isShorter(retention, retentionMs(topic))
  ) {
    return differs("retention.ms", retention, `${retentionMs(topic)} or more`, "Set it on the topic.");
  }
  return null;
}

/** Below 0 means for ever. */
function isShorter(retention: string, neededMs: number): boolean {
  const foundMs = Number(retention);
  return foundMs >= 0 && foundMs < neededMs;
}

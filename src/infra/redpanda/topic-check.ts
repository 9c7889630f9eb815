/** Compares a topic with what the service needs of it. */
import type { Topic } from "../../actors/ports.ts";
import { maxBatchBytes, minInsyncReplicas, retentionMs } from "./topics.ts";

/** What the brokers say of a topic. A setting that they do not have is absent. */
export interface FoundTopic {
  readonly topic: Topic;
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly settings: Readonly<Record<string, string>>;
}

interface Rule {
  readonly what: string;
  /** Undefined for a setting that the brokers do not have. */
  readonly found: string | number | undefined;
  readonly wanted: string;
  readonly isKept: (found: string) => boolean;
  readonly remedy: string;
}

const SET_IT = "Set it on the topic.";

/** The first difference of a topic from what is wanted, as a sentence; null when there is none. */
export function differenceOf(
  topic: FoundTopic,
  wanted: { readonly shards: number; readonly replication: number },
): string | null {
  const broken = rulesOf(topic, wanted).find(({ found, isKept }) => found !== undefined && !isKept(String(found)));
  if (broken === undefined) return null;
  const { what, found, wanted: needed, remedy } = broken;
  return `The topic ${topic.name} has another ${what} than it must have: found ${found}, wanted ${needed}. ${remedy}`;
}

function rulesOf(
  { topic, partitions, replication, settings }: FoundTopic,
  wanted: { readonly shards: number; readonly replication: number },
): Rule[] {
  const setting = (what: string, needed: string, remedy = SET_IT): Rule => {
    return { what, found: settings[what], wanted: needed, isKept: (found) => found === needed, remedy };
  };
  const atLeast = (what: string, found: string | number | undefined, minimum: number, remedy = SET_IT): Rule => {
    return { what, found, wanted: `${minimum} or more`, isKept: (value) => Number(value) >= minimum, remedy };
  };
  /** What the topic keeps. Below 0 means for ever. */
  const keeps = (rule: Rule): Rule => ({ ...rule, isKept: (found) => Number(found) < 0 || rule.isKept(found) });
  return [
    {
      ...setting("number of partitions", String(wanted.shards)),
      found: partitions,
      remedy: "Every topic needs as many partitions as SHARDS says: correct SHARDS, or use another TOPIC_PREFIX.",
    },
    atLeast(
      "number of replicas",
      replication,
      wanted.replication,
      "Add some to the topic, or lower TOPIC_REPLICATION.",
    ),
    atLeast("min.insync.replicas", settings["min.insync.replicas"], minInsyncReplicas(wanted.replication)),
    atLeast("max.message.bytes", settings["max.message.bytes"], maxBatchBytes(topic)),
    setting("message.timestamp.type", "LogAppendTime"),
    setting("cleanup.policy", "delete", `Compaction would delete messages of orders. ${SET_IT}`),
    keeps(atLeast("retention.ms", settings["retention.ms"], retentionMs(topic))),
    keeps(setting("retention.bytes", "-1", `A limit in bytes would delete messages however new they are. ${SET_IT}`)),
  ];
}

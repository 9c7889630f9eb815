/**
 * The kafkajs producers of one topic, made as they are needed. Each serves one send at a time and each has its own
 * connections, so giving one up touches no other send. A topic has producers of its own because a producer asks for
 * all its topics together, and a deleted one fails every send (kafkajs #1622).
 */
import type { Producer, RecordMetadata } from "kafkajs";
import type { Clock } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { withDeadline } from "../waiting.ts";
import { createKafkaClient, type KafkaClient, type KafkaClientDeps } from "./kafka-client.ts";
import { protocolErrorOf } from "./log-errors.ts";
import type { OutgoingMessage } from "./record-bytes.ts";
import { countRoundTrips } from "./round-trips.ts";
import type { SendOutcome } from "./send-lanes.ts";

const CONNECT_DEADLINE_MS = 5_000;
const DISCONNECT_DEADLINE_MS = 1_000;
/**
 * Idempotent only with retries that never run out: kafkajs takes five by default, and after the last one it takes the
 * sequence number back, so that the broker acknowledges the next, different record as a repetition and drops it. Our
 * own deadline ends a send, and its producer with it.
 */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: Number.MAX_SAFE_INTEGER };
/** A broker that hangs is asked so long, once; the repetition goes to the leader that the metadata names by then. */
const ATTEMPT_MS = 4_000;
const METADATA_MAX_AGE_MS = 5_000;
/** The broker's words for a batch of a partition that it will never take. */
const TOO_LARGE = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

export interface TopicProducers {
  /** Sends messages, each to its partition. Never rejects. */
  send(messages: OutgoingMessage[], deadlineMs: number): Promise<SendOutcome>;
  /** Disconnects all producers that are idle. */
  stop(): Promise<void>;
}

interface ConnectedProducer {
  readonly producer: Producer;
  readonly client: KafkaClient;
}

export interface TopicProducersDeps extends KafkaClientDeps {
  /** The topic's name in the log. */
  readonly name: string;
  readonly metrics: EngineMetrics;
  /** Makes a client; tests give another one. */
  readonly createClient?: typeof createKafkaClient;
}

export function createTopicProducers(deps: TopicProducersDeps): TopicProducers {
  const { name, clock, metrics } = deps;
  const idle: ConnectedProducer[] = [];

  const connectProducer = async (): Promise<ConnectedProducer> => {
    const client = (deps.createClient ?? createKafkaClient)(deps, ATTEMPT_MS);
    const producer = client.kafka.producer({
      idempotent: true,
      // More than one request under way breaks the order of an idempotent kafkajs producer (#598, #980).
      maxInFlightRequests: 1,
      retry: RETRY,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      createPartitioner: () => explicitPartition,
    });
    countRoundTrips(
      (listener) => producer.on(producer.events.REQUEST, ({ payload }) => listener(payload.apiName)),
      metrics,
    );
    try {
      await withDeadline(clock, CONNECT_DEADLINE_MS, producer.connect(), () => new Error("no broker answers"));
      return { producer, client };
    } catch (error) {
      client.close();
      throw error;
    }
  };

  return {
    async send(messages, deadlineMs) {
      let used = idle.pop();
      try {
        used ??= await connectProducer();
      } catch (cause) {
        return { type: "notSent", cause };
      }
      const { producer, client } = used;
      const partitions = new Set(messages.map(({ partition }) => partition));
      try {
        const sent = producer.send({ topic: name, messages, acks: -1, timeout: ATTEMPT_MS });
        const late = (): Error => new Error(`no broker acknowledged it within ${deadlineMs} ms`);
        const missing = missingOf(await withDeadline(clock, deadlineMs, sent, late), name, partitions);
        if (missing.size === 0) idle.push(used);
        // What it knows of the sequences of these partitions is not to be trusted.
        else client.close();
        return missing.size === 0 ? { type: "stored" } : { type: "partly", missing };
      } catch (cause) {
        if (TOO_LARGE.has(protocolErrorOf(cause) ?? "")) {
          // The others of several partitions may be stored, and kafkajs has not counted them.
          if (partitions.size === 1) idle.push(used);
          else client.close();
          return { type: "tooLarge" };
        }
        // It may have been stored. This producer would give its sequence number to the next record: never again.
        client.close();
        return { type: "unknown", cause };
      }
    },
    async stop() {
      await Promise.all(idle.splice(0).map((producer) => disconnect(producer, clock)));
    },
  };
}

function explicitPartition({ message }: { message: { partition?: number } }): number {
  if (message.partition === undefined) throw new Error("a message is sent without its partition");
  return message.partition;
}

/**
 * kafkajs can resolve without a partition having been stored, so its answer is compared with what was asked for.
 * @returns the partitions that it says nothing about.
 * @throws Error for an answer that does not fit the send.
 */
export function missingOf(
  answers: readonly RecordMetadata[],
  name: string,
  partitions: ReadonlySet<number>,
): ReadonlySet<number> {
  const missing = new Set(partitions);
  for (const { topicName, partition, errorCode, baseOffset } of answers) {
    const isAsked = topicName === name && partitions.has(partition);
    if (!isAsked || errorCode !== 0 || Number(baseOffset ?? -1) < 0) {
      throw new Error(`the answer does not say that partition ${partition} of ${topicName} was stored`);
    }
    // It may be here twice: kafkajs sends it again, to its new leader, when another partition of the send failed.
    missing.delete(partition);
  }
  return missing;
}

async function disconnect({ producer, client }: ConnectedProducer, clock: Clock): Promise<void> {
  const late = (): Error => new Error("the producer did not disconnect in time");
  // It may hang (kafkajs #967); nothing is under way, so breaking off loses nothing.
  await withDeadline(clock, DISCONNECT_DEADLINE_MS, producer.disconnect(), late).catch(() => {});
  client.close();
}

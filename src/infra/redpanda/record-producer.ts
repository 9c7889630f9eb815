/**
 * Stores records in the log. A call resolves when all its records are durable on the brokers; every failure says
 * whether something may have been stored, and what waits for brokers that are away is bounded.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { NewRecord, Topic } from "../../actors/ports.ts";
import { shardOf } from "../../actors/sharding.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { withDeadline } from "../waiting.ts";
import type { KafkaClientDeps } from "./kafka-client.ts";
import { logUnavailable } from "./log-errors.ts";
import { messageOf, type OutgoingMessage, sizeOf } from "./record-bytes.ts";
import { createSendLanes, type RecordOutcome, type SendLanes } from "./send-lanes.ts";
import { createTopicProducers, type TopicProducers, type TopicProducersDeps } from "./topic-producers.ts";
import { maxRecordBytes, type TopicNames } from "./topics.ts";

/** What may wait to be sent or acknowledged. Beyond it a call is refused at once. */
const MAX_PENDING_RECORDS = 50_000;
const MAX_PENDING_BYTES = 64 * 1_024 * 1_024;
const MAX_SEND_BYTES = 900 * 1_024;
const STOP_DEADLINE_MS = 5_000;

export interface RecordProducer {
  produce(records: readonly NewRecord[]): Promise<void>;
  /** Refuses new records, waits for those under way for some seconds, and disconnects. Idempotent. */
  stop(): Promise<void>;
}

export interface RecordProducerDeps extends KafkaClientDeps {
  readonly shards: number;
  readonly names: TopicNames;
  readonly metrics: EngineMetrics;
  /** How many sends of one topic may be under way at once, each of other partitions. */
  readonly lanes: number;
  readonly createProducers?: (deps: TopicProducersDeps) => TopicProducers;
}

interface Outgoing {
  readonly topic: Topic;
  readonly message: OutgoingMessage;
  readonly bytes: number;
}

export function createRecordProducer(deps: RecordProducerDeps): RecordProducer {
  const { clock, shards } = deps;
  const topics = new Map<Topic, TopicSender>();
  const pending = { records: 0, bytes: 0 };
  let stopping: Promise<void> | null = null;
  let onIdle = (): void => {};

  const senderOf = (topic: Topic): TopicSender => {
    let sender = topics.get(topic);
    if (sender === undefined) {
      sender = createTopicSender(topic, deps);
      topics.set(topic, sender);
    }
    return sender;
  };

  const produce = async (records: readonly NewRecord[]): Promise<void> => {
    if (records.length === 0) return;
    if (stopping !== null) throw unavailable("this process is stopping");
    const outgoing = records.map((record) => outgoingOf(record, shards));
    const bytes = outgoing.reduce((sum, message) => sum + message.bytes, 0);
    // A call that is large by itself is taken when nothing else waits.
    if (pending.records > 0 && isTooMuch(pending.records + records.length, pending.bytes + bytes)) {
      throw unavailable("too many records wait for the brokers already");
    }
    const call = createCall(outgoing.length);
    const arrivedMs = clock.nowMs();
    for (const { topic, message, bytes: size } of outgoing) {
      pending.records += 1;
      pending.bytes += size;
      senderOf(topic).lanes.add({
        message,
        bytes: size,
        arrivedMs,
        settle(outcome) {
          pending.records -= 1;
          pending.bytes -= size;
          if (pending.records === 0) onIdle();
          call.settle(outcome);
        },
      });
    }
    await call.done;
  };

  const stop = async (): Promise<void> => {
    const idle = new Promise<void>((resolve) => {
      onIdle = resolve;
      if (pending.records === 0) resolve();
    });
    await withDeadline(clock, STOP_DEADLINE_MS, idle, () => new Error("records are still under way")).catch(() => {});
    await Promise.all([...topics.values()].map(({ producers }) => producers.stop()));
  };

  return {
    produce,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

interface TopicSender {
  readonly lanes: SendLanes;
  readonly producers: TopicProducers;
}

function createTopicSender(topic: Topic, deps: RecordProducerDeps): TopicSender {
  const { clock, metrics, names, createProducers = createTopicProducers } = deps;
  const producers = createProducers({ ...deps, name: names.nameOf(topic) });
  const lanes = createSendLanes({
    clock,
    lanes: deps.lanes,
    maxSendBytes: MAX_SEND_BYTES,
    async send(messages, deadlineMs) {
      const outcome = await producers.send(messages, deadlineMs);
      if (outcome.type === "stored") metrics.sent(topic, messages.length);
      return outcome;
    },
  });
  return { lanes, producers };
}

/** @throws OperationalError `record_too_large`. */
function outgoingOf(record: NewRecord, shards: number): Outgoing {
  const message = messageOf(record, shardOf(record.key, shards));
  const bytes = sizeOf(message);
  if (bytes > maxRecordBytes(record.topic)) throw tooLarge(`it has ${bytes} bytes`);
  return { topic: record.topic, message, bytes };
}

function isTooMuch(records: number, bytes: number): boolean {
  return records > MAX_PENDING_RECORDS || bytes > MAX_PENDING_BYTES;
}

/** Gathers what became of the records of one call. */
function createCall(records: number): { settle(outcome: RecordOutcome): void; readonly done: Promise<void> } {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const outcomes: RecordOutcome[] = [];
  return {
    done,
    settle(outcome) {
      outcomes.push(outcome);
      if (outcomes.length < records) return;
      const error = errorOf(outcomes);
      if (error === null) resolve();
      else reject(error);
    },
  };
}

/** The error of a call whose records ended so; null when all are stored. */
function errorOf(outcomes: readonly RecordOutcome[]): OperationalError | null {
  const failed = outcomes.find(({ type }) => type !== "stored");
  if (failed === undefined) return null;
  if (outcomes.some(({ type }) => type === "tooLarge")) return tooLarge("the brokers refuse it");
  const unknown = outcomes.find(({ type }) => type === "unknown") ?? failed;
  const cause = "cause" in unknown ? unknown.cause : undefined;
  if (outcomes.every(({ type }) => type === "notSent")) return logUnavailable("store the message", cause);
  const reason = cause instanceof Error ? cause.message : "some of the messages were stored and some were not";
  const message = `It is not known whether the message log stored the message: ${reason}. Repeat it with the same id or key.`;
  return new OperationalError("outcome_unknown", message, { retryable: true, cause });
}

function unavailable(reason: string): OperationalError {
  return logUnavailable("take the message", new Error(reason));
}

function tooLarge(reason: string): OperationalError {
  const message = `The message is larger than the message log takes: ${reason}. Send a smaller one.`;
  return new OperationalError("record_too_large", message, { retryable: false });
}

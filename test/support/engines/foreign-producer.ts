/** Somebody else who writes to the inbox topics: any bytes, any partition, any compression. */
import { CompressionTypes, type Message } from "kafkajs";
import { onTestFinished } from "vitest";
import type { InboxTopic } from "../../../src/actors/ports.ts";
import { registerCodecs } from "../../../src/infra/redpanda/codecs.ts";
import { type Installation, kafkaClient } from "./installation.ts";

export type ForeignCompression = keyof typeof CompressionTypes;

export interface ForeignProducer {
  send(
    topic: InboxTopic,
    message: Pick<Message, "key" | "value" | "headers" | "partition">,
    compression?: ForeignCompression,
  ): Promise<void>;
}

/** Connects; the connection ends after the test. */
export async function startForeignProducer(
  brokers: string,
  { topicPrefix }: Pick<Installation, "topicPrefix">,
): Promise<ForeignProducer> {
  registerCodecs();
  const producer = kafkaClient(brokers).producer({ maxInFlightRequests: 1 });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return {
    async send(topic, message, compression = "None") {
      const name = `${topicPrefix}${topic}`;
      await producer.send({ topic: name, messages: [message], compression: CompressionTypes[compression], acks: -1 });
    },
  };
}

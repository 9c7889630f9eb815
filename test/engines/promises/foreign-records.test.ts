/**
 * Others write to the topics, too: compressed by whatever they have, far too large, in no known format or to the
 * wrong partition. What can be understood is processed, everything else is kept as a dead letter byte for byte, and
 * nothing of it stops a shard.
 */
import { randomBytes } from "node:crypto";
import { ConfigResourceTypes } from "kafkajs";
import { expect, test } from "vitest";
import type { InboxTopic } from "../../../src/actors/ports.ts";
import { shardOf } from "../../../src/actors/sharding.ts";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { withAdmin } from "../../support/engines/brokers.ts";
import { type Cluster, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import {
  type ForeignCompression,
  type ForeignProducer,
  startForeignProducer,
} from "../../support/engines/foreign-producer.ts";
import { kafkaClient } from "../../support/engines/installation.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const COMPRESSIONS: readonly ForeignCompression[] = ["None", "GZIP", "Snappy", "LZ4", "ZSTD"];

/** What cannot be processed, and the reason that must be kept with it. */
const UNREADABLE: readonly { readonly what: string; readonly topic: InboxTopic; readonly value: Buffer }[] = [
  { what: "bytes that are no text", topic: "orders", value: Buffer.from([0xff, 0xfe, 0x80, 0x01, 0x02]) },
  { what: "text that is not JSON", topic: "payments", value: Buffer.from("{not json") },
  {
    what: "JSON that is no message",
    topic: "order-commands",
    value: Buffer.from('{"__proto__":{"type":"SubmitOrder"}}'),
  },
  { what: "JSON of a great depth", topic: "orders", value: Buffer.from("[".repeat(20_000)) },
  { what: "a large record", topic: "payments", value: randomBytes(900_000) },
  { what: "a record as large as the topic takes", topic: "orders", value: Buffer.alloc(1_048_300, "x") },
  { what: "an empty value", topic: "orders", value: Buffer.alloc(0) },
  { what: "Avro of a schema that nobody knows", topic: "orders", value: framed(2_000_000_000, "?") },
  { what: "an Avro frame that is cut off", topic: "payments", value: Buffer.from([0, 0, 1]) },
];

/** Larger than any record may be, on a topic whose limit somebody has raised. */
const OVERSIZED_BYTES = 3_000_000;

describeWithEngines("records of others", (engines) => {
  test("what can be read is processed, the rest is kept byte for byte, and all shards go on", async () => {
    const cluster = await startCluster(engines, { settings: { SCHEMA_REGISTRY_URL: engines.registryUrl } });
    const foreign = await startForeignProducer(engines.brokers, cluster.installation);
    const load = await startLoad({ url: cluster.api.url, rate: 15 });
    await mailsArrive(cluster.sink, 15, 60_000);

    for (const { topic, value } of UNREADABLE) await foreign.send(topic, { key: "somebody", value });
    await raiseLimit(engines.brokers, `${cluster.installation.topicPrefix}payments`);
    await foreign.send("payments", { key: "somebody", value: Buffer.alloc(OVERSIZED_BYTES, "z") });
    const paid = await Promise.all(COMPRESSIONS.map((compression) => buy(foreign, { compression })));
    const misrouted = await Promise.all(
      [1, 3, 5].map((distance) => buy(foreign, { distance, shards: cluster.shards })),
    );
    for (const orderId of [...paid, ...misrouted]) await isEmailed(cluster, orderId);
    await mailsArrive(cluster.sink, 30, 60_000);

    const { problems, figures, audit } = await cluster.verdict(load, { deadLetters: UNREADABLE.length + 1 });
    console.info(
      `foreign-records: ${audit.deadLetters.length} dead letters, ${paid.length} compressions read, ${misrouted.length} misrouted orders forwarded, ${figures}`,
    );
    expect(problems).toEqual([]);
    for (const { what, topic, value } of UNREADABLE) {
      const kept = audit.deadLetters.find((letter) => Buffer.from(letter.value).equals(value));
      expect(kept?.headers, what).toMatchObject({ "dead-letter-topic": topic });
      expect(kept?.headers["dead-letter-detail"], what).not.toBe("");
    }
    const oversized = audit.deadLetters.filter(({ value }) => String(value.at(0)) === "z");
    expect(oversized.map(({ headers }) => headers["dead-letter-detail"])).toEqual([
      expect.stringContaining(String(OVERSIZED_BYTES).slice(0, 4)),
    ]);
  });
});

interface Route {
  readonly compression?: ForeignCompression;
  /** So many partitions behind the right one. */
  readonly distance?: number;
  readonly shards?: number;
}

async function raiseLimit(brokers: string, topic: string): Promise<void> {
  const configEntries = [{ name: "max.message.bytes", value: String(2 * OVERSIZED_BYTES) }];
  await withAdmin(kafkaClient(brokers), (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }),
  );
}

/** Orders and pays through the topics, as a point-of-sale system would. Returns the order's id. */
async function buy(foreign: ForeignProducer, { compression, distance = 0, shards = 1 }: Route): Promise<string> {
  const orderId = crypto.randomUUID();
  const at = new Date().toISOString();
  const partition = distance === 0 ? {} : { partition: (shardOf(orderId, shards) + distance) % shards };
  const customer = { name: "Grace Hopper", email: "grace@shop.example" };
  const items = [{ sku: "margherita", quantity: 1 }];
  const paid = { paymentId: `pay-${orderId}`, amount: { amountMinor: 950, currency: "EUR" }, paidAt: at };
  for (const message of [
    encodeMessage({ type: "SubmitOrder", orderId, customer, items, submittedAt: at }),
    encodeMessage({ type: "ReceivePayment", orderId, ...paid }),
  ]) {
    const { key, headers } = message;
    const value = Buffer.from(message.value);
    await foreign.send(message.topic, { key, value, headers, ...partition }, compression);
  }
  return orderId;
}

async function isEmailed({ api }: Cluster, orderId: string): Promise<void> {
  const order = await (await fetch(`${api.url}/orders/${orderId}?until=emailed&wait=30`)).json();
  expect(order).toMatchObject({ orderId, status: "emailed" });
}

function framed(schemaId: number, rest: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, Buffer.from(rest)]);
}

/**
 * A point-of-sale system writes to the topics itself, half of it in Avro and half in JSON, and a warehouse reads the
 * published events in Avro with nothing but the registry: everything arrives, once, however often the run is sent.
 */
import avro from "avsc";
import { expect, onTestFinished, test } from "vitest";
import type { LogRecord } from "../../../src/actors/ports.ts";
import { createApiClient } from "../../../src/demo/api-client.ts";
import { expectationOf } from "../../../src/demo/expectation.ts";
import { generate, type SentOrder } from "../../../src/demo/generate.ts";
import { parseMix } from "../../../src/demo/mix.ts";
import { planOrders } from "../../../src/demo/plan.ts";
import { createScoreboard } from "../../../src/demo/scoreboard.ts";
import { createTopicSender } from "../../../src/demo/topic-sender.ts";
import { createMessageRecords } from "../../../src/infra/avro/message-records.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { atRest } from "../../support/engines/at-rest.ts";
import { type Cluster, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";

const ORDERS = 60;
const MIX = parseMix("normal=70,mismatch=6,duplicate=8,payment-first=8,unpaid-cancel=4,double-payment=4");
const QUIET_MS = 60_000;
const REST_TIMEOUT_MS = 120_000;

describeWithEngines("a point-of-sale system on the topics", (engines) => {
  test("gets what it ordered, once, and its events can be read with the registry alone", async () => {
    const cluster = await startCluster(engines, {
      settings: { SCHEMA_REGISTRY_URL: engines.registryUrl, EVENTS_FORMAT: "avro" },
    });
    const client = createApiClient({ url: cluster.api.url, connections: 16 });
    onTestFinished(() => client.close());
    const toAvro = await createMessageRecords({
      url: engines.registryUrl,
      clock: systemClock,
      random: systemRandom,
      metrics: { roundTrip() {} },
      topicPrefix: cluster.installation.topicPrefix,
    });
    const formats = { avro: 0, json: 0 };
    const sender = createTopicSender({
      produce: (records) => cluster.stores.log.produce(records),
      encode(message) {
        const format = (formats.avro + formats.json) % 2 === 0 ? "avro" : "json";
        formats[format] += 1;
        return format === "avro" ? toAvro(message) : encodeMessage(message);
      },
      catalogue: await client.catalogue(),
      close: async () => {},
    });

    let stored = 0;
    for (const round of [1, 2]) {
      const sent: SentOrder[] = [];
      const plan = planOrders({ limit: ORDERS, seed: 1, run: "till1", mix: MIX, catalogue: await sender.catalogue() });
      const pace = { rate: 0, everyMs: 0 };
      await generate({ client: sender, plan, pace, concurrency: 8, onSent: (order) => sent.push(order) });
      const onProgress = (): void => {};
      const scoreboard = await createScoreboard({ client, sent, concurrency: 8, quietMs: QUIET_MS, onProgress });
      expect(scoreboard.differences).toEqual([]);
      expect(scoreboard.unexplained).toBe(0);
      await atRest(cluster.stores, cluster.shards, REST_TIMEOUT_MS);
      const expectedMails = sent.reduce((sum, { order }) => sum + expectationOf(order).mails, 0);
      expect([...cluster.sink.deliveries.values()]).toEqual(Array.from({ length: expectedMails }, () => 1));
      const events = await storedEvents(cluster);
      if (round === 2) expect(events).toHaveLength(stored);
      stored = events.length;
      expect((await publishedEvents(cluster, engines.registryUrl)).toSorted()).toEqual(events.toSorted());
    }
    console.info(`point-of-sale: ${formats.avro} messages in Avro and ${formats.json} in JSON, ${stored} events`);
  });
});

/** Every stored event as one line of text. */
async function storedEvents({ stores, shards }: Cluster): Promise<string[]> {
  const lines: string[] = [];
  for (let shard = 0; shard < shards; shard++) {
    for (const { orderId, sequence, events } of await stores.eventStore.readShard(shard, 0, 10_000)) {
      for (const [i, { type, data }] of events.entries()) lines.push(lineOf(`${orderId}:${sequence + i}`, type, data));
    }
  }
  return lines;
}

/** Every published event, each once, as somebody reads it who knows Avro, CloudEvents and the registry. */
async function publishedEvents({ stores, shards }: Cluster, registryUrl: string): Promise<string[]> {
  const lines = new Set<string>();
  const types = new Map<number, Promise<avro.Type>>();
  for (let shard = 0; shard < shards; shard++) {
    for (const { value, headers } of (await stores.log.read("order-events", shard, 0, 10_000)) as LogRecord[]) {
      const bytes = Buffer.from(value as Uint8Array);
      expect(bytes.readUInt8(0)).toBe(0);
      const id = bytes.readUInt32BE(1);
      if (!types.has(id)) types.set(id, typeOf(registryUrl, id));
      const data: unknown = (await (types.get(id) as Promise<avro.Type>)).fromBuffer(bytes.subarray(5));
      expect(headers).toMatchObject({ "content-type": "application/avro", ce_specversion: "1.0" });
      lines.add(lineOf(String(headers["ce_id"]), String(headers["ce_type"]).slice("orderloom.".length), data));
    }
  }
  return [...lines];
}

async function typeOf(registryUrl: string, id: number): Promise<avro.Type> {
  const { schema } = (await (await fetch(`${registryUrl}/schemas/ids/${id}`)).json()) as { schema: string };
  return avro.Type.forSchema(JSON.parse(schema) as Parameters<typeof avro.Type.forSchema>[0]);
}

/** What Avro says of a field that an event leaves out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  partial: false,
  webhookId: null,
  movedFrom: null,
  quarantinedAs: null,
  dropped: false,
};

/** Fields in the order of their names; instants as numbers, which they are in Avro. */
function lineOf(id: string, type: string, data: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}T/.test(value)) return Date.parse(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(sorted);
    return Object.entries(value)
      .filter(([name, field]) => DEFAULTS[name] === undefined || DEFAULTS[name] !== field)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]);
  };
  return `${id} ${type} ${JSON.stringify(sorted(data))}`;
}

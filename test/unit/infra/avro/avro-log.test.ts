import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { deadLetterOf } from "../../../../src/actors/dead-letter.ts";
import type { OperationalError } from "../../../../src/actors/errors.ts";
import type { LogRecord, NewRecord, ShardBatch } from "../../../../src/actors/ports.ts";
import { cloudEventsOf } from "../../../../src/actors/publisher.ts";
import type { OrderEvent, OrderEventType } from "../../../../src/domain/events.ts";
import { type AvroLogDeps, withAvro } from "../../../../src/infra/avro/avro-log.ts";
import { frame } from "../../../../src/infra/avro/framing.ts";
import { createMessageRecords } from "../../../../src/infra/avro/message-records.ts";
import { ownType } from "../../../../src/infra/avro/own-types.ts";
import { EVENTS_NAMESPACE, readSchemaFiles } from "../../../../src/infra/avro/schema-files.ts";
import { systemClock, systemRandom } from "../../../../src/infra/system-clock.ts";
import { decodeMessage, encodeMessage } from "../../../../src/schemas/inbox-messages.ts";
import { anyWireMessage, framedAvro, PAYMENT, PAYMENT_FIELDS, PAYMENT_SCHEMA } from "../../../support/avro-messages.ts";
import {
  type FakeRegistry,
  impatientClock,
  SILENT_METRICS,
  startFakeRegistry,
} from "../../../support/fake-registry.ts";
import { createMemoryMessageLog } from "../../../support/memory/memory-message-log.ts";
import * as events from "../../../support/order-events.ts";
import { euros, OPERATOR, PAID_AT } from "../../../support/order-messages.ts";

const KEY = PAYMENT_FIELDS.orderId;

async function setUp(changes: Partial<AvroLogDeps> = {}) {
  const registry = await startFakeRegistry();
  const errors: OperationalError[] = [];
  const inner = createMemoryMessageLog({ clock: systemClock, shards: 1 });
  const log = await withAvro(inner, depsOf(registry, { onError: (error) => errors.push(error), ...changes }));
  return { registry, errors, inner, log };
}

function depsOf(registry: FakeRegistry, changes: Partial<AvroLogDeps>): AvroLogDeps {
  return {
    registryUrl: registry.url,
    eventsFormat: "json",
    topicPrefix: "",
    clock: impatientClock(),
    random: systemRandom,
    metrics: SILENT_METRICS,
    onError: () => {},
    ...changes,
  };
}

function recordOf(value: string | Uint8Array): NewRecord {
  return { topic: "payments", key: KEY, value, headers: { till: "3" } };
}

/** Consumes until so many records came, and returns them as the pipeline gets them. */
async function consume(log: Awaited<ReturnType<typeof setUp>>["log"], count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const onBatch = async (batch: ShardBatch) => void records.push(...batch.records);
  const consumer = await log.consumeInbox({ onBatch, onAssigned() {}, onRevoked() {} });
  await vi.waitFor(() => expect(records).toHaveLength(count), { timeout: 10_000 });
  await consumer.stop();
  return records;
}

describe("the inbox with Avro", () => {
  test("tells of records that are not in it what they would be, so that a dead letter can be tried dry", async () => {
    const { registry, log } = await setUp();
    const framed = framedAvro(registry.add(PAYMENT_SCHEMA), PAYMENT_SCHEMA, PAYMENT_FIELDS);
    const records = [recordOf(framed), recordOf(Uint8Array.of(0, 0, 1))];
    const [good, bad] = await log.asConsumed(
      records.map((record) => ({ ...record, shard: 0, offset: 0, timestampMs: 0 })),
    );
    expect(decodeMessage(good as LogRecord)).toEqual({ type: "message", message: PAYMENT });
    expect(decodeMessage(bad as LogRecord)).toMatchObject({ type: "unreadable" });
    expect(await log.read("payments", 0, 0, 10)).toEqual([]);
  });

  test("reads Avro and JSON side by side, in their order, and keeps what arrived", async () => {
    const { registry, log } = await setUp();
    const framed = framedAvro(registry.add(PAYMENT_SCHEMA), PAYMENT_SCHEMA, PAYMENT_FIELDS);
    const json = encodeMessage(PAYMENT).value;
    await log.produce([recordOf(json), recordOf(framed), recordOf("no JSON"), recordOf(json)]);
    const [first, second, third, fourth] = await consume(log, 4);
    for (const record of [first, second, fourth]) {
      expect(decodeMessage(record as LogRecord)).toEqual({ type: "message", message: PAYMENT });
    }
    expect(decodeMessage(third as LogRecord)).toMatchObject({ type: "unreadable" });
    expect([first, second, third].map((record) => record?.original)).toEqual([undefined, framed, undefined]);
    expect(second).toMatchObject({ headers: { till: "3" }, offset: 1 });
  });

  test("reads what the producer of this project writes", async () => {
    const { registry, log } = await setUp();
    const deps = { clock: systemClock, random: systemRandom, metrics: SILENT_METRICS };
    const toRecord = await createMessageRecords({ ...deps, url: registry.url, topicPrefix: "" });
    const messages = fc.sample(anyWireMessage, 50);
    await log.produce(messages.map(toRecord));
    const decoded = (await consume(log, messages.length)).map(decodeMessage);
    for (const message of messages) expect(decoded).toContainEqual({ type: "message", message });
  });

  test("lets everything flow around what nobody can read, and says why in a dead letter that holds it whole", async () => {
    const { registry, log } = await setUp();
    const id = registry.add(PAYMENT_SCHEMA);
    const foreign = registry.add({ type: "record", name: "pos.Voucher", fields: [] });
    const good = framedAvro(id, PAYMENT_SCHEMA, PAYMENT_FIELDS);
    const bad: readonly [value: Uint8Array, detail: string][] = [
      [frame(4_711, Uint8Array.of(1)), "schema 4711 cannot be used: the registry does not know it"],
      [frame(2 ** 31, Uint8Array.of(1)), "the value begins like framed Avro and holds no schema id"],
      [frame(0, Uint8Array.of(1)), "the value begins like framed Avro and holds no schema id"],
      [Uint8Array.of(0), "the value begins like framed Avro and holds no schema id"],
      [frame(foreign, Uint8Array.of()), `schema ${foreign} cannot be used: pos.Voucher is no message of the inbox`],
      [frame(id, Uint8Array.of(2)), `Avro of schema ${id}: the bytes do not fit their schema: it ends too early`],
      [Uint8Array.of(1, 2, 255), "the value is not UTF-8 text"],
    ];
    await log.produce([recordOf(good), ...bad.map(([value]) => recordOf(value)), recordOf(good)]);
    const records = await consume(log, bad.length + 2);
    const results = records.map(decodeMessage);
    for (const result of [results[0], results.at(-1)]) expect(result).toEqual({ type: "message", message: PAYMENT });
    for (const [i, [value, detail]] of bad.entries()) {
      expect(results[i + 1]).toEqual({ type: "unreadable", code: "unreadable_message", detail });
      const letter = deadLetterOf(records[i + 1] as LogRecord, "unreadable_message", detail);
      expect(letter).toMatchObject({ value, headers: { till: "3", "dead-letter-detail": detail } });
    }
  });

  test("asks once for a schema that many records wait for", async () => {
    const { registry, log } = await setUp();
    const framed = framedAvro(registry.add(PAYMENT_SCHEMA), PAYMENT_SCHEMA, PAYMENT_FIELDS);
    await log.produce(Array.from({ length: 500 }, () => recordOf(framed)));
    await consume(log, 500);
    expect(registry.requests.filter((request) => request.startsWith("GET"))).toHaveLength(1);
  });

  test("keeps messages while the registry is away, and processes them when it is back", async () => {
    const { registry, log } = await setUp();
    const framed = framedAvro(registry.add(PAYMENT_SCHEMA), PAYMENT_SCHEMA, PAYMENT_FIELDS);
    registry.behave({ status: 503 });
    await log.produce([recordOf(framed)]);
    const before = registry.requests.length;
    const consumed = consume(log, 1);
    await vi.waitFor(() => expect(registry.requests.length).toBeGreaterThan(before + 4), { timeout: 5_000 });
    registry.behave("well");
    expect((await consumed).map(decodeMessage)).toEqual([{ type: "message", message: PAYMENT }]);
  });

  test("goes on with schemas it knows while the registry is away", async () => {
    const { registry, log } = await setUp();
    const framed = framedAvro(registry.add(PAYMENT_SCHEMA), PAYMENT_SCHEMA, PAYMENT_FIELDS);
    await log.produce([recordOf(framed)]);
    await consume(log, 1);
    registry.behave("silently");
    await log.produce([recordOf(framed)]);
    expect((await consume(log, 1)).map(decodeMessage)).toEqual([{ type: "message", message: PAYMENT }]);
  });

  test("without a registry says what to set", async () => {
    const { log } = await setUp({ registryUrl: undefined });
    await log.produce([
      recordOf(framedAvro(1, PAYMENT_SCHEMA, PAYMENT_FIELDS)),
      recordOf(encodeMessage(PAYMENT).value),
    ]);
    const [avro, json] = (await consume(log, 2)).map(decodeMessage);
    expect(avro).toMatchObject({ type: "unreadable", detail: expect.stringContaining("set SCHEMA_REGISTRY_URL") });
    expect(json).toEqual({ type: "message", message: PAYMENT });
  });
});

describe("the start", () => {
  test("registers the schemas of the inbox under prefix, topic and record, as FULL_TRANSITIVE", async () => {
    const { registry } = await setUp({ topicPrefix: "test." });
    const subjects = readSchemaFiles().filter(({ topic }) => topic !== "order-events");
    expect([...registry.subjects.keys()].toSorted()).toEqual(subjects.map(({ subject }) => `test.${subject}`));
    expect(subjects.map(({ subject }) => subject)).toContain("orders-orderloom.inbox.SubmitOrder");
    for (const subject of registry.subjects.keys()) expect(registry.compatibility.get(subject)).toBe("FULL_TRANSITIVE");
  });

  test("does not need the registry while events are JSON, and says that it is away", async () => {
    const { errors, log } = await setUp({ registryUrl: "http://127.0.0.1:9" });
    expect(errors).toMatchObject([{ code: "registry_unavailable" }]);
    await log.produce([recordOf(encodeMessage(PAYMENT).value)]);
    expect(await consume(log, 1)).toHaveLength(1);
  });

  test("needs a registry when events are Avro, and does not need it to answer", async () => {
    const avro = { eventsFormat: "avro" } as const;
    await expect(setUp({ ...avro, registryUrl: undefined })).rejects.toMatchObject({ code: "invalid_configuration" });
    const { errors, log } = await setUp({ ...avro, registryUrl: "http://127.0.0.1:9" });
    expect(errors).toMatchObject([{ code: "registry_unavailable" }]);
    await log.produce([recordOf(encodeMessage(PAYMENT).value)]);
    expect(await consume(log, 1)).toHaveLength(1);
  });

  test.each(["json", "avro"] as const)(
    "ends when the registry refuses a schema, with events in %s",
    async (eventsFormat) => {
      const registry = await startFakeRegistry();
      registry.refused.add("payments-orderloom.inbox.RecordRefund");
      const inner = createMemoryMessageLog({ clock: systemClock, shards: 1 });
      await expect(withAvro(inner, depsOf(registry, { eventsFormat }))).rejects.toMatchObject({
        code: "schema_incompatible",
        retryable: false,
        message: expect.stringMatching(/payments-orderloom\.inbox\.RecordRefund.*an earlier schema has no such field/),
      });
    },
  );
});

describe("published events in Avro", () => {
  /** One of each: an event that is added to the domain does not compile here until it has an example. */
  const EXAMPLES: Readonly<Record<OrderEventType, OrderEvent>> = {
    OrderReceived: events.ORDER_RECEIVED,
    OrderTurnedAway: events.orderTurnedAway("priceChanged"),
    PaymentReceived: events.paymentReceived("p", { amountMinor: Number.MAX_SAFE_INTEGER, currency: "JPY" }),
    PaymentCredited: { type: "PaymentCredited", data: { paymentId: "p", amount: { amountMinor: 1, currency: "EUR" } } },
    PaymentQuarantined: {
      type: "PaymentQuarantined",
      data: { paymentId: "p", amount: euros(1), paidAt: PAID_AT, earlierAmount: euros(2), webhookId: "msg_1" },
    },
    OrderPaid: { type: "OrderPaid", data: { paymentId: "p", amount: { amountMinor: 1, currency: "EUR" } } },
    OrderValidated: events.ORDER_VALIDATED,
    OrderConfirmed: events.ORDER_CONFIRMED,
    ConfirmationEmailed: events.CONFIRMATION_EMAILED,
    ConfirmationRefused: {
      type: "ConfirmationRefused",
      data: { messageId: "<m@x>", response: "550 ü", dropped: true },
    },
    OrderRejected: events.orderRejected("amountMismatch"),
    OrderExpired: events.ORDER_EXPIRED,
    OrderCancelled: { type: "OrderCancelled", data: { reason: null } },
    CancellationRefused: events.CANCELLATION_REFUSED,
    RefundDue: events.refundDue("paidLate"),
    RefundRecorded: events.refundRecorded(),
    PaymentDecided: events.paymentDecided("p", "accept", { source: "refundDue", amount: euros(1), toOrderId: "o" }),
    PaymentDecisionRefused: {
      type: "PaymentDecisionRefused",
      data: { paymentId: "p", decision: "reject", operator: OPERATOR, reason: "why ü", detail: "why not" },
    },
    PaymentMoved: events.paymentMoved("p", euros(1)),
  };
  const commit = {
    shard: 0,
    position: 7,
    orderId: KEY,
    sequence: 3,
    causeId: "payment:p",
    events: Object.values(EXAMPLES),
    recordedAt: "2026-11-21T09:30:00.000Z",
  };

  test("hold every event whole, framed with the id of its schema, and its attributes as headers", async () => {
    const { registry, inner, log } = await setUp({ eventsFormat: "avro" });
    await log.produce(cloudEventsOf(commit));
    const published = await inner.read("order-events", 0, 0, 100);
    expect(published).toHaveLength(commit.events.length);
    const texts = new Map(readSchemaFiles().map(({ recordName, text }) => [recordName, text]));
    for (const [i, { type, data }] of commit.events.entries()) {
      const { key, value, headers } = published[i] as LogRecord;
      const bytes = Buffer.from(value as Uint8Array);
      expect(bytes.readUInt8(0)).toBe(0);
      expect(bytes.readUInt32BE(1)).toBe(registry.subjects.get(`order-events-${EVENTS_NAMESPACE}${type}`));
      const decoded = ownType(String(texts.get(EVENTS_NAMESPACE + type))).fromBuffer(bytes.subarray(5));
      expect(JSON.parse(JSON.stringify(decoded))).toMatchObject(data);
      expect(key).toBe(KEY);
      expect(headers).toEqual({
        "content-type": "application/avro",
        ce_specversion: "1.0",
        ce_id: `${KEY}:${3 + i}`,
        ce_source: "/orderloom/orders",
        ce_type: `orderloom.${type}`,
        ce_subject: KEY,
        ce_time: "2026-11-21T09:30:00.000Z",
        ce_sequence: String(3 + i).padStart(10, "0"),
        ce_causationid: "payment:p",
      });
    }
  });

  test("wait for a registry that was away at the start, and lose nothing", async () => {
    const registry = await startFakeRegistry();
    registry.behave({ status: 503 });
    const inner = createMemoryMessageLog({ clock: systemClock, shards: 1 });
    const log = await withAvro(inner, depsOf(registry, { eventsFormat: "avro" }));
    const records = cloudEventsOf(commit);
    await expect(log.produce(records)).rejects.toMatchObject({ code: "registry_unavailable", retryable: true });
    expect(await inner.read("order-events", 0, 0, 100)).toEqual([]);
    const registrations = () => registry.requests.filter((request) => request.startsWith("POST")).length;
    registry.behave("well");
    const earlier = registrations();
    await Promise.all([log.produce(records), log.produce(records)]);
    expect(await inner.read("order-events", 0, 0, 100)).toHaveLength(2 * records.length);
    expect(registrations() - earlier).toBe(readSchemaFiles().length);
  });

  test("leave every other topic as it is, and stay JSON unless they are asked for", async () => {
    const [event] = cloudEventsOf(commit) as [NewRecord];
    for (const eventsFormat of ["json", "avro"] as const) {
      const { inner, log } = await setUp({ eventsFormat });
      await log.produce([recordOf("a"), event, { ...recordOf("b"), topic: "dead-letters" }]);
      expect(await inner.read("payments", 0, 0, 9)).toMatchObject([recordOf("a")]);
      expect(await inner.read("dead-letters", 0, 0, 9)).toMatchObject([{ value: "b" }]);
      const [published] = await inner.read("order-events", 0, 0, 9);
      if (eventsFormat === "json") expect(published).toMatchObject(event);
      else expect(published?.value).toBeInstanceOf(Uint8Array);
    }
  });
});

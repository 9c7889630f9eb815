import { describe, expect, test } from "vitest";
import { cloudEventsOf, createPublisher, PUBLISHER } from "../../../src/actors/publisher.ts";
import { commitsOf } from "../../support/commits.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { receivePayment, submitOrder } from "../../support/order-messages.ts";

const COMMITS = commitsOf(submitOrder(), receivePayment());
const CHECKPOINT = { reactor: PUBLISHER, positions: new Map([[0, 2]]) };

function createPublisherWorld() {
  const log = withFaults(createMemoryMessageLog({ clock: createManualClock(), shards: 1 }));
  const views = withFaults(createMemoryViewStore({ ledger: createMemoryMailLedger() }));
  return {
    log,
    views,
    publish: () => createPublisher({ log: log.port, viewStore: views.port })(COMMITS, CHECKPOINT),
    published: async () =>
      (await log.port.read("order-events", 0, 0, 100)).map(
        ({ value }) => JSON.parse(value as string) as Record<string, unknown>,
      ),
  };
}

describe("the publisher", () => {
  test("publishes every stored event as a CloudEvent, in order", async () => {
    const { publish, published } = createPublisherWorld();
    await publish();
    const events = await published();
    expect(events.map(({ type }) => type)).toEqual([
      "orderloom.OrderReceived",
      "orderloom.PaymentReceived",
      "orderloom.OrderPaid",
      "orderloom.OrderValidated",
      "orderloom.OrderConfirmed",
    ]);
    expect(events[1]).toEqual({
      specversion: "1.0",
      id: "order-1:2",
      source: "/orderloom/orders",
      type: "orderloom.PaymentReceived",
      subject: "order-1",
      time: COMMITS[1]?.recordedAt,
      datacontenttype: "application/json",
      sequence: "0000000002",
      causationid: "payment:payment-1",
      data: COMMITS[1]?.events[0]?.data,
    });
  });

  test("keys events by their order, so that an order's events keep their sequence", () => {
    const records = COMMITS.flatMap(cloudEventsOf);
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set(["order-1"]));
    expect(records[0]?.headers["content-type"]).toMatch(/^application\/cloudevents\+json/);
  });

  test("publishes a replay under the ids that the events had, each id once per pass", async () => {
    const { publish, published } = createPublisherWorld();
    await publish();
    await publish();
    const ids = (await published()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    expect(ids.slice(5)).toEqual(ids.slice(0, 5));
  });

  test("moves its checkpoint only after the events are durable", async () => {
    const { log, views, publish, published } = createPublisherWorld();
    log.fail("produce", "before");
    await expect(publish()).rejects.toThrow("produce");
    expect(await views.port.checkpoint(PUBLISHER)).toEqual(new Map());
    await publish();
    expect(await views.port.checkpoint(PUBLISHER)).toEqual(CHECKPOINT.positions);
    expect(await published()).toHaveLength(5);
  });
});

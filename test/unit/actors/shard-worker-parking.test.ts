/** What the worker does with records that it cannot process here: they are kept or passed on, and the rest flows. */
import { describe, expect, test } from "vitest";
import type { LogRecord, Topic } from "../../../src/actors/ports.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import {
  CUSTOMER,
  cancelOrder,
  euros,
  receivePayment,
  recordRefund,
  submitOrder,
} from "../../support/order-messages.ts";
import { createWorkerWorld, orderIdOn } from "../../support/worker-world.ts";

const GARBAGE = { topic: "payments" as Topic, key: "order-1", value: "{not json", headers: { source: "elsewhere" } };

describe("an unreadable record", () => {
  test("is kept as a dead letter, byte for byte, with its reason and where it came from", async () => {
    const world = createWorkerWorld();
    await world.deliverRecords(world.arrived(GARBAGE));
    expect(await world.produced("dead-letters")).toMatchObject([
      {
        key: "order-1",
        value: "{not json",
        headers: {
          source: "elsewhere",
          "dead-letter-id": "payments/0/0",
          "dead-letter-code": "unreadable_message",
          "dead-letter-detail": "the value is not JSON",
          "dead-letter-topic": "payments",
          "dead-letter-shard": "0",
          "dead-letter-offset": "0",
          "dead-letter-timestamp-ms": String(world.clock.nowMs()),
        },
      },
    ]);
  });

  test("lets the rest of its batch flow", async () => {
    const world = createWorkerWorld();
    const readable = [submitOrder(), receivePayment()].map((message) => world.arrived(plainCodec.encode(message)));
    await world.deliverRecords(readable[0] as LogRecord, world.arrived(GARBAGE), readable[1] as LogRecord);
    expect((await world.orderOf("order-1")).status).toBe("confirmed");
    expect(world.metrics.count("message", "payments", "unreadable")).toBe(1);
  });

  test("is told of by where it came from and why, once it is kept, and by nothing of what it holds", async () => {
    const world = createWorkerWorld();
    const record = world.arrived(GARBAGE);
    world.log.fail("produce", "before");
    await expect(world.deliverRecords(record)).rejects.toThrow("produce");
    expect(world.metrics.count("dead letter", "payments", "0", "0", "unreadable_message")).toBe(0);
    await world.deliverRecords(record);
    expect(world.metrics.count("dead letter", "payments", "0", "0", "unreadable_message")).toBe(1);
  });

  test("that comes again is kept again under the same id", async () => {
    const world = createWorkerWorld();
    const record = world.arrived(GARBAGE);
    await world.deliverRecords(record);
    await world.deliverRecords(record);
    const ids = (await world.produced("dead-letters")).map(({ headers }) => headers["dead-letter-id"]);
    expect(ids).toEqual(["payments/0/0", "payments/0/0"]);
  });
});

describe("a refused message", () => {
  test.each([
    ["a key used for another order", submitOrder({ customer: { ...CUSTOMER, name: "Eve" } }), "idempotency_key_reused"],
    ["a refund beyond what came in", recordRefund(), "refund_exceeds_received"],
    ["a cancellation of nothing", cancelOrder({ orderId: "order-2" }), "order_not_found"],
  ] as const)("(%s) is kept as a dead letter with its code", async (_, message, code) => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder(), message, receivePayment());
    const letters = await world.produced("dead-letters");
    expect(letters.map(({ value, headers }) => [JSON.parse(value as string), headers["dead-letter-code"]])).toEqual([
      [message, code],
    ]);
    expect((await world.orderOf("order-1")).status).toBe("confirmed");
    const from = ["topic", "shard", "offset"].map((what) => letters[0]?.headers[`dead-letter-${what}`] ?? "");
    expect(world.metrics.count("dead letter", ...from, code)).toBe(1);
  });

  test("(money that can no longer be counted exactly with what came before) says so", async () => {
    const world = createWorkerWorld();
    const endless = receivePayment({ paymentId: "payment-2", amount: euros(Number.MAX_SAFE_INTEGER) });
    await world.deliver(submitOrder(), receivePayment(), endless);
    expect((await world.produced("dead-letters")).map(({ headers }) => headers)).toMatchObject([
      {
        "dead-letter-code": "total_too_large",
        "dead-letter-detail": "the money received for this order can no longer be counted exactly",
      },
    ]);
    expect((await world.orderOf("order-1")).payments).toHaveLength(1);
  });

  test("is kept once, though the commits around it need a second append", async () => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder(), receivePayment());
    world.worker.onAssigned(0);
    // The repeated submission is taken for a new one until its append is refused.
    const refundOfNothing = recordRefund({ orderId: "order-2" });
    const tooMuch = recordRefund({ amount: euros(2_451) });
    await world.deliver(refundOfNothing, submitOrder(), tooMuch, cancelOrder());
    expect(world.store.calls("append")).toBe(3);
    const letters = await world.produced("dead-letters");
    expect(letters.map(({ value }) => JSON.parse(value as string) as unknown)).toEqual([refundOfNothing, tooMuch]);
    expect((await world.stored()).map(({ causeId }) => causeId)).toEqual([
      "order:order-1",
      "payment:payment-1",
      "command:command-1",
    ]);
  });
});

describe("a message on the wrong shard", () => {
  const orderId = orderIdOn(1, 2);

  test("is passed on through order-commands and not processed in place", async () => {
    const world = createWorkerWorld({ shards: 2 });
    await world.deliverRecords(world.arrived(plainCodec.encode(submitOrder({ orderId })), 0));
    expect(await world.stored(0)).toEqual([]);
    expect(await world.produced("order-commands")).toMatchObject([{ shard: 1, key: orderId }]);
    expect(world.metrics.count("message", "orders", "forwarded")).toBe(1);
  });

  test("takes effect on its own shard", async () => {
    const world = createWorkerWorld({ shards: 2 });
    await world.deliverRecords(world.arrived(plainCodec.encode(submitOrder({ orderId })), 0));
    await world.deliverRecords(...(await world.produced("order-commands")));
    expect((await world.orderOf(orderId)).status).toBe("received");
  });
});

describe("a batch whose dead letters cannot be stored", () => {
  test("comes again, and its other messages take effect once", async () => {
    const world = createWorkerWorld();
    const records = [submitOrder(), cancelOrder({ orderId: "order-2" })].map((message) =>
      world.arrived(plainCodec.encode(message)),
    );
    world.log.fail("produce", "before");
    await expect(world.deliverRecords(...records)).rejects.toThrow("produce");
    await world.deliverRecords(...records);
    expect(await world.stored()).toHaveLength(1);
    expect(await world.produced("dead-letters")).toHaveLength(1);
  });
});

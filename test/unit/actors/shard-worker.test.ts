import { describe, expect, test } from "vitest";
import { settled } from "../../support/memory/manual-clock.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { cancelOrder, receivePayment, recordMail, submitOrder } from "../../support/order-messages.ts";
import { createWorkerWorld } from "../../support/worker-world.ts";

const MANY = Array.from({ length: 20 }, (_, i) => `order-${i + 1}`);

describe("a batch of messages", () => {
  test("becomes one append, a commit for each message that changed something", async () => {
    const world = createWorkerWorld();
    await world.deliver(...MANY.flatMap((orderId) => [submitOrder({ orderId }), receivePayment({ orderId })]));
    expect(world.store.calls("append")).toBe(1);
    const commits = await world.stored();
    expect(commits.map(({ position }) => position)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    for (const orderId of MANY) expect((await world.orderOf(orderId)).status).toBe("confirmed");
  });

  test("names the cause, the shard, the first event's number and the time in each commit", async () => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder());
    await world.clock.advance(5_000);
    await world.deliver(receivePayment());
    expect(await world.stored()).toMatchObject([
      {
        shard: 0,
        position: 1,
        orderId: "order-1",
        sequence: 1,
        causeId: "order:order-1",
        recordedAt: "2026-01-05T12:00:00.000Z",
      },
      {
        shard: 0,
        position: 2,
        orderId: "order-1",
        sequence: 2,
        causeId: "payment:payment-1",
        recordedAt: "2026-01-05T12:00:05.000Z",
      },
    ]);
  });

  test("asks the store once for all orders that are not live, and not for new submissions", async () => {
    const eventStore = createMemoryEventStore();
    await createWorkerWorld({ eventStore }).deliver(...MANY.map((orderId) => submitOrder({ orderId })));
    const world = createWorkerWorld({ eventStore });
    await world.deliver(submitOrder({ orderId: "order-new" }));
    expect(world.store.calls("readOrders")).toBe(0);
    await world.deliver(...MANY.map((orderId) => receivePayment({ orderId })));
    expect(world.store.calls("readOrders")).toBe(1);
    await world.deliver(...MANY.map((orderId) => recordMail({ orderId })));
    expect(world.store.calls("readOrders")).toBe(1);
  });

  test("with a message that makes its order fail keeps that one as a dead letter, and the rest flows", async () => {
    const world = createWorkerWorld();
    const poison = submitOrder({ orderId: "order-1", submittedAt: "not a time" });
    await world.deliver(submitOrder({ orderId: "order-2" }), poison, receivePayment({ orderId: "order-1" }));
    expect((await world.orderOf("order-2")).status).toBe("received");
    const letters = await world.log.port.read("dead-letters", 0, 0, 10);
    expect(letters.map(({ headers }) => headers["dead-letter-code"])).toEqual(["internal_error", "internal_error"]);
    await world.deliver(submitOrder({ orderId: "order-1" }));
    expect((await world.orderOf("order-1")).status).toBe("received");
  });

  test("that changes nothing appends nothing", async () => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder(), receivePayment());
    await world.deliver(receivePayment(), submitOrder());
    expect(world.store.calls("append")).toBe(1);
  });

  test("resolves only after its append has, so that its offsets may be committed then", async () => {
    const eventStore = createMemoryEventStore();
    const durable = Promise.withResolvers<void>();
    const slow = {
      ...eventStore,
      append: (commits: Parameters<typeof eventStore.append>[0]) =>
        durable.promise.then(() => eventStore.append(commits)),
    };
    const world = createWorkerWorld({ eventStore: slow });
    let isDone = false;
    const done = world.deliver(submitOrder()).then(() => {
      isDone = true;
    });
    await settled();
    expect(isDone).toBe(false);
    durable.resolve();
    await done;
    expect((await world.orderOf("order-1")).status).toBe("received");
  });

  test("waits for the batch before it, whichever topic they came from", async () => {
    const world = createWorkerWorld();
    await Promise.all([world.deliver(submitOrder()), world.deliver(receivePayment()), world.deliver(cancelOrder())]);
    const commits = await world.stored();
    expect(commits.map(({ causeId }) => causeId)).toEqual(["order:order-1", "payment:payment-1", "command:command-1"]);
    expect(world.store.calls("append")).toBe(3);
  });

  test("wakes those who watch its orders and those who tail the shard", async () => {
    const world = createWorkerWorld();
    const seen: string[] = [];
    world.tail.onPublish((shard) => seen.push(`shard ${shard}`));
    world.tail.watchOrder("order-2", () => seen.push("order-2"));
    await world.deliver(submitOrder({ orderId: "order-1" }), submitOrder({ orderId: "order-2" }));
    expect(seen).toEqual(["shard 0", "order-2"]);
  });
});

describe("duplicates", () => {
  const life = [submitOrder(), receivePayment(), cancelOrder(), recordMail()];

  test.each([
    ["in one batch", [[...life, ...life, ...life]]],
    ["in later batches", [life, life, life.toReversed()]],
    ["one message at a time", [...life, ...life].map((message) => [message])],
  ])("%s take effect once", async (_, batches) => {
    const once = createWorkerWorld();
    await once.deliver(...life);
    const world = createWorkerWorld();
    for (const batch of batches) await world.deliver(...batch);
    expect(await world.stored()).toEqual(await once.stored());
  });

  test("after a restart take effect once, though nothing is remembered", async () => {
    const eventStore = createMemoryEventStore();
    const first = createWorkerWorld({ eventStore });
    await first.deliver(...life);
    const before = await first.stored();
    const restarted = createWorkerWorld({ eventStore });
    await restarted.deliver(...life);
    await restarted.deliver(...life);
    expect(await restarted.stored()).toEqual(before);
    expect(await restarted.produced("dead-letters")).toEqual([]);
  });

  test("are counted as repeated", async () => {
    const world = createWorkerWorld();
    await world.deliver(...life, receivePayment());
    expect(world.metrics.count("message", "payments", "applied")).toBe(1);
    expect(world.metrics.count("message", "payments", "repeated")).toBe(1);
    expect(world.metrics.count("order", "validated", "confirmed")).toBe(1);
  });
});

describe("a shard that comes back to this process", () => {
  test("is read from the store again, for another process may have written meanwhile", async () => {
    const eventStore = createMemoryEventStore();
    const here = createWorkerWorld({ eventStore });
    const there = createWorkerWorld({ eventStore });
    await here.deliver(submitOrder());
    await there.deliver(cancelOrder());
    here.worker.onRevoked(0);
    here.worker.onAssigned(0);
    const appends = here.store.calls("append");
    await here.deliver(receivePayment());
    expect(here.store.calls("append")).toBe(appends + 1);
    expect(await here.orderOf("order-1")).toMatchObject({
      status: "cancelled",
      payments: [{ appliedMinor: 0, dueMinor: 2_450 }],
    });
  });
});

describe("a cache of live orders", () => {
  test("that is smaller than a batch changes no decision", async () => {
    const messages = MANY.flatMap((orderId) => [
      submitOrder({ orderId }),
      cancelOrder({ orderId }),
      receivePayment({ orderId }),
    ]);
    const roomy = createWorkerWorld({ liveOrders: 100 });
    const tight = createWorkerWorld({ liveOrders: 2 });
    for (const world of [roomy, tight]) {
      await world.deliver(...messages);
      await world.deliver(...MANY.map((orderId) => cancelOrder({ orderId, commandId: "command-2" })));
      await world.deliver(...MANY.map((orderId) => recordMail({ orderId })));
    }
    expect(await tight.stored()).toEqual(await roomy.stored());
    expect(await tight.produced("dead-letters")).toEqual([]);
    expect(tight.worker.liveOrders()).toBeLessThanOrEqual(2);
    expect(roomy.worker.liveOrders()).toBe(MANY.length);
  });
});

test("the codec of these tests reads what it writes", () => {
  const world = createWorkerWorld();
  expect(plainCodec.decode(world.arrived(plainCodec.encode(submitOrder())))).toEqual({
    type: "message",
    message: submitOrder(),
  });
});

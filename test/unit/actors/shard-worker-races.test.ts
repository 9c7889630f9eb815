/** Another process writes the same shard, or the store fails: the unique keys decide, and nothing happens twice. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOrderActor } from "../../../src/actors/order-actor.ts";
import type { Commit, EventStore } from "../../../src/actors/ports.ts";
import type { Message } from "../../../src/domain/messages.ts";
import { repeatedInAnyOrder } from "../../support/arbitrary-messages.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { cancelOrder, receivePayment, recordMail, submitOrder } from "../../support/order-messages.ts";
import { createWorkerWorld } from "../../support/worker-world.ts";

/** Positions and sequences without gaps, every cause once, and a life that the machine allows. */
function expectSound(commits: readonly Commit[]): void {
  expect(commits.map(({ position }) => position)).toEqual(commits.map((_, i) => i + 1));
  for (const ofOrder of Map.groupBy(commits, ({ orderId }) => orderId).values()) {
    expect(new Set(ofOrder.map(({ causeId }) => causeId)).size).toBe(ofOrder.length);
    let version = 0;
    for (const { sequence, events } of ofOrder) {
      expect(sequence).toBe(version + 1);
      version += events.length;
    }
    expect(createOrderActor(ofOrder).order().version).toBe(version);
  }
}

describe("an append that another writer was faster than", () => {
  test("on the position (a stale owner) is decided again from the store", async () => {
    const eventStore = createMemoryEventStore();
    const stale = createWorkerWorld({ eventStore });
    const owner = createWorkerWorld({ eventStore });
    await stale.deliver(submitOrder());
    await owner.deliver(cancelOrder());
    await stale.deliver(receivePayment());
    expect(await stale.orderOf("order-1")).toMatchObject({
      status: "cancelled",
      payments: [{ appliedMinor: 0, dueMinor: 2_450 }],
    });
    expectSound(await stale.stored());
  });

  test("on the order's sequence (a conflict) is decided again from the store", async () => {
    const world = createWorkerWorld();
    await world.deliver(receivePayment());
    world.worker.onAssigned(0);
    // A submission is taken for the first of its order, but the payment has been there.
    await world.deliver(submitOrder(), submitOrder({ orderId: "order-2" }));
    expect((await world.orderOf("order-1")).status).toBe("confirmed");
    expect((await world.orderOf("order-2")).status).toBe("received");
    expectSound(await world.stored());
  });

  test("with the same cause changes nothing, and what came after it in the batch still happens", async () => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder());
    world.worker.onAssigned(0);
    await world.deliver(
      submitOrder({ orderId: "order-0" }),
      submitOrder(),
      receivePayment(),
      submitOrder({ orderId: "order-2" }),
    );
    expect((await world.stored()).map(({ causeId }) => causeId)).toEqual([
      "order:order-1",
      "order:order-0",
      "payment:payment-1",
      "order:order-2",
    ]);
    expectSound(await world.stored());
  });

  test("again and again gives up with a retryable error, and the batch succeeds when it comes again", async () => {
    const eventStore = createMemoryEventStore();
    let races = 5;
    const raced: EventStore = {
      ...eventStore,
      append: async (commits) => {
        const [first] = commits;
        if (first !== undefined && races-- > 0) {
          await eventStore.append([{ ...first, orderId: `rival-${races}`, causeId: `order:rival-${races}` }]);
        }
        return eventStore.append(commits);
      },
    };
    const world = createWorkerWorld({ eventStore: raced });
    await expect(world.deliver(submitOrder())).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
    await world.deliver(submitOrder());
    expect((await world.orderOf("order-1")).status).toBe("received");
    expect((await world.stored()).map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("a message that changes nothing on an old state of its order", () => {
  /** A worker that knows an order by its payment alone, while another one has taken the submission. */
  async function createStaleWorker() {
    const eventStore = createMemoryEventStore();
    const stale = createWorkerWorld({ eventStore });
    await stale.deliver(receivePayment());
    await createWorkerWorld({ eventStore }).deliver(submitOrder());
    return stale;
  }

  test("is decided again from the store before it counts as done", async () => {
    const stale = await createStaleWorker();
    await stale.deliver(recordMail());
    expect((await stale.orderOf("order-1")).status).toBe("emailed");
    expectSound(await stale.stored());
  });

  test("is not refused for it", async () => {
    const stale = await createStaleWorker();
    await stale.deliver(cancelOrder());
    expect((await stale.stored()).at(-1)?.events).toMatchObject([{ type: "CancellationRefused" }]);
    expect(await stale.produced("dead-letters")).toEqual([]);
  });

  test("is decided again in a batch whose commits another writer was faster than", async () => {
    const stale = await createStaleWorker();
    await stale.deliver(recordMail(), submitOrder({ orderId: "order-2" }));
    expect((await stale.orderOf("order-1")).status).toBe("emailed");
    expect((await stale.orderOf("order-2")).status).toBe("received");
    expectSound(await stale.stored());
  });
});

describe("an append that throws", () => {
  test.each(["before", "after"] as const)("%s its effect has one effect once the batch comes again", async (when) => {
    const world = createWorkerWorld();
    const batch = [submitOrder(), receivePayment(), submitOrder({ orderId: "order-2" })];
    world.store.fail("append", when);
    await expect(world.deliver(...batch)).rejects.toThrow("append");
    await world.deliver(...batch);
    expect(await world.stored()).toHaveLength(3);
    expect((await world.orderOf("order-1")).status).toBe("confirmed");
    expectSound(await world.stored());
  });

  test("after its effect hides nothing from those who tail the shard", async () => {
    const world = createWorkerWorld();
    await world.deliver(submitOrder());
    const readTo = (await world.tail.read(0, 0, 100)).length;
    world.store.fail("append", "after");
    await expect(world.deliver(receivePayment())).rejects.toThrow("append");
    await world.deliver(receivePayment());
    expect((await world.tail.read(0, readTo, 100)).map(({ causeId }) => causeId)).toEqual(["payment:payment-1"]);
  });

  test.each(["head", "readOrders"] as const)("or a failing %s lets the batch come again unharmed", async (method) => {
    const world = createWorkerWorld();
    world.store.fail(method, "before");
    await expect(world.deliver(receivePayment())).rejects.toThrow(method);
    await world.deliver(receivePayment(), submitOrder());
    expect((await world.orderOf("order-1")).status).toBe("confirmed");
  });
});

describe("two workers that both believe to own the shard, over a store that fails at times", () => {
  const orderIds = ["order-1", "order-2", "order-3"];
  const originals: readonly Message[] = orderIds.flatMap((orderId) => [
    submitOrder({ orderId }),
    receivePayment({ orderId }),
  ]);
  const delivery = fc.record({
    worker: fc.integer({ min: 0, max: 1 }),
    size: fc.integer({ min: 1, max: 5 }),
    fault: fc.constantFrom(null, null, "before", "after"),
  });

  test("end with every order confirmed once, and a log without gaps", async () => {
    const plans = fc.record({
      messages: repeatedInAnyOrder(originals),
      deliveries: fc.array(delivery, { minLength: 14, maxLength: 14 }),
      liveOrders: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(plans, async ({ messages, deliveries, liveOrders }) => {
        const eventStore = createMemoryEventStore();
        const worlds = [
          createWorkerWorld({ eventStore, liveOrders }),
          createWorkerWorld({ eventStore, liveOrders }),
        ] as const;
        let from = 0;
        for (const { worker, size, fault } of deliveries) {
          const batch = messages.slice(from, from + size);
          if (batch.length === 0) break;
          const world = worlds[worker] ?? worlds[0];
          if (fault !== null) world.store.fail("append", fault);
          // A batch that failed comes again, and its offsets move on only when it succeeds.
          const failed = await world.deliver(...batch).then(
            () => false,
            () => true,
          );
          if (!failed) from += size;
        }
        for (let isDone = false; !isDone; ) {
          isDone = await worlds[0].deliver(...messages.slice(from)).then(
            () => true,
            () => false,
          );
        }

        expectSound(await worlds[0].stored());
        for (const orderId of orderIds) {
          expect((await worlds[0].orderOf(orderId)).payments).toMatchObject([{ appliedMinor: 2_450 }]);
          expect((await worlds[0].orderOf(orderId)).status).toBe("confirmed");
        }
      }),
      { numRuns: 150 },
    );
  });
});

test("a worker that lost its shard keeps no memory of it", async () => {
  const world = createWorkerWorld();
  await world.deliver(submitOrder(), receivePayment(), recordMail());
  expect(world.worker.liveOrders()).toBe(1);
  world.worker.onRevoked(0);
  expect(world.worker.liveOrders()).toBe(0);
});

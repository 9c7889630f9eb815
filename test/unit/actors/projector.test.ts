import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldCommits } from "../../../src/actors/fold-commits.ts";
import { messageIdOf } from "../../../src/actors/mail-queue.ts";
import { viewOf } from "../../../src/actors/order-view.ts";
import { projectorName } from "../../../src/actors/projector.ts";
import { arbitraryMessage } from "../../support/arbitrary-messages.ts";
import {
  cancelOrder,
  DEADLINE,
  euros,
  mailIdOf,
  reachDeadline,
  receivePayment,
  recordMail,
  submitOrder,
} from "../../support/order-messages.ts";
import { createProjectionWorld } from "../../support/projection-world.ts";

/** For batches that a test hands over itself. */
const CHECKPOINT = { reactor: projectorName(1), positions: new Map([[0, 2]]) };
const ORDER_IDS = ["order-1", "order-2", "order-3", "order-4", "order-5"];

describe("the orders view", () => {
  test("shows each order as it folds from its commits", async () => {
    const messages = fc.array(
      fc.tuple(fc.constantFrom(...ORDER_IDS), arbitraryMessage).map(([orderId, message]) => ({ ...message, orderId })),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 6 }), async (all, capacity) => {
        const world = await createProjectionWorld({ capacity });
        // Some is projected on the way, so that later batches go on from documents of earlier ones.
        for (const message of all.slice(0, 20)) {
          await world.happen(message);
          if (message.type === "ReceivePayment") await world.project();
        }
        await world.happen(...all.slice(20));
        await world.project();

        const documents = await world.documentsOf();
        for (const [orderId, commits] of Map.groupBy(world.history.commits, (commit) => commit.orderId)) {
          const receivedAt = commits[0]?.recordedAt as string;
          const order = viewOf(orderId, foldCommits(commits), {
            receivedAt,
            updatedAt: commits.at(-1)?.recordedAt as string,
          });
          expect(documents.get(orderId)).toEqual({
            order: JSON.parse(JSON.stringify(order)),
            status: order.status,
            customerEmail: order.customer?.email ?? "",
            listedAtMs: Date.parse(receivedAt),
          });
        }
      }),
      { numRuns: 100 },
    );
  });

  test("counts an order's first commit once, though a later one comes in the same batch", async () => {
    const world = await createProjectionWorld();
    await world.happen(receivePayment({ amount: euros(1) }), submitOrder());
    await world.project();
    const document = (await world.documentsOf()).get("order-1");
    expect(document).toMatchObject({ order: { version: 4, refundDue: [euros(1)] } });
  });

  test("can be found by the e-mail address in lower case", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder({ customer: { name: "Ada", email: "Ada@Example.ORG" } }));
    await world.project();
    expect((await world.documentsOf()).get("order-1")).toMatchObject({ customerEmail: "ada@example.org" });
  });

  test("and its checkpoint are written together or not at all", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder());
    world.views.fail("apply", "before");
    await expect(world.project()).rejects.toThrow("apply");
    expect((await world.documentsOf()).size).toBe(0);
    expect(await world.viewStore.checkpoint(projectorName(1))).toEqual(new Map());
  });

  test("is the same after a write whose reply was lost and that came again", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder(), receivePayment());
    const project = world.createProjector();
    world.views.fail("apply", "after");
    await expect(project(world.history.commits, CHECKPOINT)).rejects.toThrow("apply");
    const once = await world.documentsOf();
    await project(world.history.commits, CHECKPOINT);
    expect(await world.documentsOf()).toEqual(once);
    expect(once.get("order-1")).toMatchObject({ status: "confirmed" });
  });

  test("is the same after a replay by a projector that remembers where the orders were", async () => {
    const world = await createProjectionWorld();
    await world.happen(receivePayment(), submitOrder());
    const project = world.createProjector();
    await project(world.history.commits, CHECKPOINT);
    const once = await world.documentsOf();
    await project(world.history.commits.slice(0, 1), CHECKPOINT);
    await project(world.history.commits.slice(1), CHECKPOINT);
    expect(await world.documentsOf()).toEqual(once);
  });

  test("asks the store only for orders that are not in memory", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder(), receivePayment());
    const project = world.createProjector();
    for (const commit of world.history.commits) await project([commit], CHECKPOINT);
    expect(world.events.calls("readOrders")).toBe(0);
    await world.createProjector()(world.history.commits.slice(1), CHECKPOINT);
    expect(world.events.calls("readOrders")).toBe(1);
  });
});

describe("the timers", () => {
  test("hold the deadline of every order that waits for its payment", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder(), receivePayment({ orderId: "order-2" }));
    await world.project();
    expect(await world.timers()).toEqual([
      { orderId: "order-1", shard: 0, deadline: DEADLINE, dueAtMs: Date.parse(DEADLINE) },
    ]);
  });

  test.each([
    ["paid", receivePayment()],
    ["rejected", receivePayment({ amount: euros(1) })],
    ["cancelled", cancelOrder()],
    ["expired", reachDeadline()],
  ])("hold nothing for an order that is %s, in the same batch or a later one", async (_, message) => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder());
    await world.project();
    await world.happen(message);
    await world.happen(submitOrder({ orderId: "order-2" }), { ...message, orderId: "order-2" });
    await world.project();
    expect(await world.timers()).toEqual([]);
  });
});

describe("the mail queue", () => {
  test("gets one mail for each confirmed order, with what it must say", async () => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder(), receivePayment(), submitOrder({ orderId: "order-2" }));
    await world.project();
    const [attempt] = await world.ledger.claim({
      shards: [0],
      owner: "test",
      nowMs: world.clock.nowMs() + 60_000,
      leaseUntilMs: 0,
      limit: 10,
    });
    expect(attempt).toMatchObject({
      queuedAtMs: Date.parse(world.history.commits[1]?.recordedAt as string),
      mail: {
        kind: "confirmation",
        messageId: mailIdOf("order-1"),
        orderId: "order-1",
        customer: { name: "Ada Lovelace", email: "ada@example.org" },
        lines: [
          { name: "Pizza Margherita", quantity: 2 },
          { name: "Tiramisù", quantity: 1 },
        ],
        total: euros(2_450),
      },
    });
    expect(await world.mailsOf("order-2")).toEqual([]);
    expect(world.mailsAnnounced()).toBe(1);
  });

  test.each([
    ["is sent", [], "accepted"],
    ["is sent and the order knows", [recordMail()], "accepted"],
  ] as const)("gets no second mail from a replay after the first one %s", async (_, later, state) => {
    const world = await createProjectionWorld();
    await world.happen(submitOrder(), receivePayment());
    await world.project();
    const claim = { shards: [0], owner: "test", nowMs: world.clock.nowMs() + 60_000, leaseUntilMs: 0, limit: 10 };
    await world.ledger.claim(claim);
    await world.ledger.record([
      { messageId: mailIdOf("order-1"), attempt: 1, outcome: { type: "accepted", response: "250" } },
    ]);
    await world.happen(...later);

    for (let replay = 0; replay < 3; replay++) {
      await world.reset();
      await world.project();
    }
    expect(await world.mailsOf("order-1")).toMatchObject([{ state, closed: later.length > 0 }]);
    expect(await world.ledger.claim(claim)).toEqual([]);
  });

  test("knows once the order has the outcome, so that nothing is left to report", async () => {
    const world = await createProjectionWorld();
    await world.happen(
      submitOrder(),
      receivePayment(),
      submitOrder({ orderId: "order-2" }),
      receivePayment({ orderId: "order-2" }),
    );
    await world.project();
    await world.happen(recordMail(), recordMail({ orderId: "order-2", outcome: "refused", response: "550 no" }));
    await world.project();
    expect(await world.mailsOf("order-1")).toMatchObject([{ closed: true }]);
    expect(await world.mailsOf("order-2")).toMatchObject([{ closed: true }]);
  });

  test("gives a mail an id that follows from its order and kind alone, whoever sends it", () => {
    expect(messageIdOf("order-1", "confirmation")).toBe("<order-1.confirmation@orderloom.local>");
  });
});

test("a replay leaves documents, timers and mails as they were", async () => {
  const world = await createProjectionWorld();
  for (const orderId of ORDER_IDS) await world.happen(submitOrder({ orderId }));
  await world.happen(receivePayment({ orderId: "order-2" }), cancelOrder({ orderId: "order-3" }));
  await world.project();
  const state = async () => [await world.documentsOf(), await world.timers(), await world.ledger.counts()];
  const before = await state();
  await world.reset();
  await world.project();
  expect(await state()).toEqual(before);
});

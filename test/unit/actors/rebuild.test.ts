import { describe, expect, test } from "vitest";
import { rebuildOrdersView } from "../../../src/actors/rebuild.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { cancelOrder, receivePayment, recordMail, submitOrder } from "../../support/order-messages.ts";
import { createProjectionWorld } from "../../support/projection-world.ts";

type World = Awaited<ReturnType<typeof createProjectionWorld>>;

async function createProjectedWorld(): Promise<World> {
  const world = await createProjectionWorld();
  for (let i = 1; i <= 5; i++) await world.happen(submitOrder({ orderId: `order-${i}` }));
  await world.happen(
    receivePayment(),
    recordMail(),
    cancelOrder({ orderId: "order-2" }),
    receivePayment({ orderId: "order-3" }),
  );
  await world.project();
  return world;
}

const rebuild = (world: World, changes: Partial<Parameters<typeof rebuildOrdersView>[0]> = {}) =>
  rebuildOrdersView({ ...world, shards: 1, onProgress: () => {}, ...changes });

describe("rebuilding the orders view", () => {
  test("makes identical documents in a new version, which is read from then on", async () => {
    const world = await createProjectedWorld();
    const before = await world.documentsOf(1);
    expect(await rebuild(world)).toBe(2);
    expect(await world.viewStore.activeVersion("orders")).toBe(2);
    expect(await world.documentsOf(2)).toEqual(before);
    expect(before.size).toBe(5);
  });

  test("drops the version that was read before", async () => {
    const world = await createProjectedWorld();
    await rebuild(world);
    await expect(world.documentsOf(1)).rejects.toThrow("does not exist");
  });

  test("queues no mail again, and keeps the timers", async () => {
    const world = await createProjectedWorld();
    const [mails, timers] = [await world.ledger.counts(), await world.timers()];
    await rebuild(world);
    expect([await world.ledger.counts(), await world.timers()]).toEqual([mails, timers]);
  });

  test("that was cut off begins again and ends the same", async () => {
    const world = await createProjectedWorld();
    const before = await world.documentsOf(1);
    world.views.fail("activate", "before");
    await expect(rebuild(world)).rejects.toThrow("activate");
    expect(await world.viewStore.activeVersion("orders")).toBe(1);
    await rebuild(world);
    expect(await world.documentsOf(2)).toEqual(before);
  });

  test("works on a store in which nothing was projected yet", async () => {
    const world = await createProjectedWorld();
    const viewStore = createMemoryViewStore({ ledger: createMemoryMailLedger() });
    expect(await rebuild(world, { viewStore })).toBe(1);
  });

  test("tells how far it is", async () => {
    const world = await createProjectedWorld();
    const progress: string[] = [];
    await rebuild(world, { onProgress: (done, all) => progress.push(`${done}/${all}`) });
    expect(progress).toEqual(["9/9"]);
  });
});

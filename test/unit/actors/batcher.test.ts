import { describe, expect, test } from "vitest";
import { createBatcher } from "../../../src/actors/batcher.ts";
import { settled } from "../../support/memory/manual-clock.ts";

/** A batcher whose flushes a test ends by hand. */
function createHeldBatcher() {
  const flushes: { items: readonly number[]; end: PromiseWithResolvers<void> }[] = [];
  const batcher = createBatcher<number>((items) => {
    const end = Promise.withResolvers<void>();
    flushes.push({ items, end });
    return end.promise;
  });
  return { batcher, flushes, itemsOfFlushes: () => flushes.map(({ items }) => items) };
}

describe("a batcher", () => {
  test("sends what arrives in one moment as one batch", async () => {
    const { batcher, itemsOfFlushes } = createHeldBatcher();
    for (const item of [1, 2, 3]) void batcher.add(item);
    await settled();
    expect(itemsOfFlushes()).toEqual([[1, 2, 3]]);
  });

  test("gathers what arrives while a batch is on its way, and never sends two at once", async () => {
    const { batcher, flushes, itemsOfFlushes } = createHeldBatcher();
    const first = batcher.add(1);
    await settled();
    const later = [batcher.add(2), batcher.add(3)];
    await settled();
    expect(itemsOfFlushes()).toEqual([[1]]);

    flushes[0]?.end.resolve();
    await first;
    await settled();
    expect(itemsOfFlushes()).toEqual([[1], [2, 3]]);
    flushes[1]?.end.resolve();
    await Promise.all(later);
  });

  test("waits for company as long as it is told to", async () => {
    const pauses: PromiseWithResolvers<void>[] = [];
    const batches: (readonly number[])[] = [];
    const batcher = createBatcher<number>(
      async (items) => void batches.push(items),
      () => {
        const pause = Promise.withResolvers<void>();
        pauses.push(pause);
        return pause.promise;
      },
    );
    const first = batcher.add(1);
    await settled();
    const second = batcher.add(2);
    await settled();
    expect(batches).toEqual([]);
    pauses[0]?.resolve();
    await Promise.all([first, second]);
    expect(batches).toEqual([[1, 2]]);
    void batcher.add(3);
    await settled();
    expect(pauses).toHaveLength(2);
    expect(batches).toHaveLength(1);
  });

  test("resolves an item only when its own batch has gone out", async () => {
    const { batcher, flushes } = createHeldBatcher();
    let isOut = false;
    const out = batcher.add(1).then(() => {
      isOut = true;
    });
    await settled();
    expect(isOut).toBe(false);
    flushes[0]?.end.resolve();
    await out;
    expect(isOut).toBe(true);
  });

  test("rejects every item of a failed batch, and goes on with the next", async () => {
    const { batcher, flushes, itemsOfFlushes } = createHeldBatcher();
    const failing = Promise.allSettled([batcher.add(1), batcher.add(2)]);
    await settled();
    const next = batcher.add(3);
    flushes[0]?.end.reject(new Error("no disk"));
    expect((await failing).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await settled();
    flushes[1]?.end.resolve();
    await next;
    expect(itemsOfFlushes()).toEqual([[1, 2], [3]]);
  });
});

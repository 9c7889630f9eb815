/** Which appends share an insert, on a clock that stands still and with inserts that the test ends. */
import { expect, test } from "vitest";
import type { Commit } from "../../../../src/actors/ports.ts";
import { type Append, createAppendQueue } from "../../../../src/infra/mongo/append-queue.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";
import { SUBMITTED_AT } from "../../../support/order-messages.ts";

test("behind an insert of eight commits there is a rest of twice its time, so that more go together", async () => {
  const world = start();
  void world.append(0, 8);
  await settled();
  await world.clock.advance(10);
  await world.stored();
  void world.append(0, 1);
  await world.clock.advance(19);
  void world.append(1, 2);
  expect(world.inserts).toEqual(["0: 8"]);
  await world.clock.advance(1);
  expect(world.inserts).toEqual(["0: 8", "0: 1, 1: 2"]);
});

test("behind an insert of fewer there is none, and appends of one shard never share an insert", async () => {
  const world = start();
  const first = world.append(0, 7);
  void world.append(0, 1);
  await settled();
  await world.clock.advance(10);
  expect(world.pending()).toBe(2);
  await world.stored();
  expect(await first).toEqual({ type: "appended" });
  expect(world.inserts).toEqual(["0: 7", "0: 1"]);
  expect(world.pending()).toBe(1);
});

function start() {
  const clock = createManualClock();
  const inserts: string[] = [];
  let end = (): void => {};
  const queue = createAppendQueue({
    clock,
    write(appends: readonly Append[]) {
      inserts.push(appends.map(({ shard, documents }) => `${shard}: ${documents.length}`).join(", "));
      return new Promise((resolve) => {
        end = () => {
          for (const { settle } of appends) settle({ type: "appended" });
          resolve();
        };
      });
    },
  });
  return {
    clock,
    inserts,
    pending: () => queue.pending(),
    append: (shard: number, count: number) => queue.append(commits(shard, count)),
    /** Ends the insert that is under way. */
    async stored(): Promise<void> {
      end();
      await settled();
    },
  };
}

function commits(shard: number, count: number): Commit[] {
  return Array.from({ length: count }, (_, index) => ({
    shard,
    position: index + 1,
    orderId: `order-${index}`,
    sequence: 1,
    causeId: `order:order-${index}`,
    events: [],
    recordedAt: SUBMITTED_AT,
  }));
}

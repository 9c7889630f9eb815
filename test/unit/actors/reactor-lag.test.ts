import { expect, test } from "vitest";
import { createCommitTail } from "../../../src/actors/commit-tail.ts";
import { readReactorLag } from "../../../src/actors/reactor-lag.ts";
import { createShardHistory } from "../../support/commits.ts";
import { createMemoryEventStore } from "../../support/memory/memory-event-store.ts";
import { submitOrder } from "../../support/order-messages.ts";

const both = (position: number) =>
  new Map([
    [0, position],
    [1, 0],
  ]);

test("a reactor's lag is what is stored and not handled, and since when the oldest of it waits; unknown is not 0", async () => {
  const eventStore = createMemoryEventStore();
  const history = createShardHistory();
  for (let i = 1; i <= 3; i++) history.add(submitOrder({ orderId: `order-${i}` }));
  await eventStore.append(history.commits);
  const tail = createCommitTail({ eventStore, shards: 2 });
  const reactors = [
    { name: "behind", positions: () => both(1) },
    { name: "up-to-date", positions: () => both(3) },
    { name: "new", positions: () => both(0) },
    { name: "not yet known", positions: () => new Map<number, number>() },
  ];

  const lags = await readReactorLag({ reactors, eventStore, tail, shards: [0, 1] });
  const since = (index: number) => Date.parse(history.commits[index]?.recordedAt as string);
  expect(lags).toEqual([
    { reactor: "behind", shard: 0, commits: 2, oldestMs: since(1) },
    { reactor: "up-to-date", shard: 0, commits: 0, oldestMs: null },
    { reactor: "new", shard: 0, commits: 3, oldestMs: since(0) },
    { reactor: "behind", shard: 1, commits: 0, oldestMs: null },
    { reactor: "up-to-date", shard: 1, commits: 0, oldestMs: null },
    { reactor: "new", shard: 1, commits: 0, oldestMs: null },
  ]);
});

/** What the watchdog of a consumer's progress gets to see. */
import { expect, test } from "vitest";
import { createAssignment } from "../../../../src/infra/redpanda/assignment.ts";
import { waitingPartitions } from "../../../../src/infra/redpanda/waiting-partitions.ts";
import { assigned, ownedIn, partitionIn, scriptedQueries } from "./inbox-world.ts";

test("partitions of own shards wait when they hold more than was processed, and each fetch and each batch is progress", async () => {
  const { queries, assignment, look } = world();
  queries.offsetsOf.end.set("orders/0", 5).set("payments/1", 3).set("orders/2", 9);
  expect(await look()).toEqual([
    { key: "orders/0", progress: 0, what: "records of orders wait in partition 0 from offset 0 on" },
    { key: "payments/1", progress: 0, what: "records of payments wait in partition 1 from offset 0 on" },
  ]);
  partitionIn(assignment, "orders", 0).nextOffset = 4;
  partitionIn(assignment, "payments", 1).processedOffset = 2;
  expect((await look()).map(({ progress }) => progress)).toEqual([4, 2]);
  partitionIn(assignment, "payments", 1).processedOffset = 3;
  expect((await look()).map(({ key }) => key)).toEqual(["orders/0"]);
});

test("what is with the handlers does not wait, while the records of other shards do", async () => {
  const { queries, assignment, look } = world();
  queries.offsetsOf.end.set("orders/0", 5).set("orders/1", 5);
  ownedIn(assignment, 0).busy = true;
  expect((await look()).map(({ key }) => key)).toEqual(["orders/1"]);
});

test("a process that is no member waits for its group, and each time that it joins is progress", async () => {
  const { queries } = world();
  const assignment = createAssignment([], async () => {});
  assignment.end();
  const what = "it is no member of its group";
  for (const joins of [1, 2]) {
    expect(await waitingPartitions(queries, () => ({ assignment, joins }))).toEqual([
      { key: "membership", progress: joins, what },
    ]);
  }
});

function world() {
  const queries = scriptedQueries(3);
  const assignment = assigned([0, 1]);
  return { queries, assignment, look: () => waitingPartitions(queries, () => ({ assignment, joins: 1 })) };
}

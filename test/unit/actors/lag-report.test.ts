import { expect, test } from "vitest";
import { readLagReport } from "../../../src/actors/lag-report.ts";
import { PAYMENT_DESK } from "../../../src/actors/payment-desk.ts";
import type { InboxLag } from "../../../src/actors/ports.ts";
import { projectorName } from "../../../src/actors/projector.ts";
import { PUBLISHER } from "../../../src/actors/publisher.ts";
import { receivePayment, submitOrder } from "../../support/order-messages.ts";
import { createProjectionWorld } from "../../support/projection-world.ts";

test("an age that the log cannot tell is unknown, not ages old", async () => {
  const { eventStore, viewStore } = await createProjectionWorld();
  const lag = { shard: 0, topic: "orders", committedOffset: 0, endOffset: 2, oldestUnreadMs: 0, owner: null } as const;
  const log = { inboxLag: async () => [lag] };
  const [inbox] = await readLagReport({ log, eventStore, viewStore, group: "shop", shards: 1, nowMs: 5_000 });
  expect(inbox).toEqual({ group: "shop", shard: 0, owner: null, records: 2, seconds: null });
});

test("the lag of a shard counts all its topics, names its owner and the age of the oldest record, and lists the reactors", async () => {
  const world = await createProjectionWorld();
  await world.happen(submitOrder());
  await world.project();
  await world.happen(receivePayment());
  const nowMs = Date.parse(world.history.commits[1]?.recordedAt as string) + 2_500;
  const lagOf = (topic: InboxLag["topic"], records: number): InboxLag => ({
    shard: 0,
    topic,
    committedOffset: 7,
    endOffset: 7 + records,
    oldestUnreadMs: records === 0 ? null : nowMs - records * 1_000,
    owner: "worker-1",
  });
  const inboxLag = async () => [lagOf("orders", 0), lagOf("payments", 4), lagOf("order-commands", 1)];

  const { eventStore, viewStore } = world;
  const rows = await readLagReport({ log: { inboxLag }, eventStore, viewStore, group: "shop", shards: 1, nowMs });

  const reactor = { shard: 0, owner: null, records: 1, seconds: 2.5 };
  expect(rows).toEqual([
    { group: "shop", shard: 0, owner: "worker-1", records: 5, seconds: 4 },
    { ...reactor, group: "mail-queue" },
    { ...reactor, group: projectorName(1) },
    { ...reactor, group: PUBLISHER, records: 2, seconds: expect.any(Number) },
    { ...reactor, group: PAYMENT_DESK, records: 2, seconds: expect.any(Number) },
  ]);
});

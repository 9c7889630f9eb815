/**
 * Whatever comes again has no effect: requests that are repeated, and every record of the inbox produced a second
 * time under new offsets, as a producer's retries do.
 */
import { expect, test } from "vitest";
import { INBOX_TOPICS, type MessageLog, type NewRecord } from "../../../src/actors/ports.ts";
import { parseMix } from "../../../src/demo/mix.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

describeWithEngines(
  "messages that come again",
  (engines) => {
    test("repeated requests and a repeated inbox change nothing, while new orders flow", async () => {
      const cluster = await startCluster(engines);
      const { eventStore, log } = cluster.stores;
      const shards = Array.from({ length: cluster.shards }, (_, shard) => shard);
      const heads = () => Promise.all(shards.map((shard) => eventStore.head(shard)));
      const load = await startLoad({ url: cluster.api.url, rate: 30, mix: parseMix("duplicate=70,payment-first=30") });
      await mailsArrive(cluster.sink, 120, 60_000);
      expect((await cluster.verdict(load)).problems).toEqual([]);
      const before = await heads();

      const records = await inboxRecords(log, shards);
      expect(records.length).toBeGreaterThan(400);
      await log.produce(records);
      const later = await startLoad({ url: cluster.api.url, rate: 30 });
      await mailsArrive(cluster.sink, 30, 60_000);

      const { problems, figures } = await cluster.verdict(later);
      const once = await cluster.verdict(load);
      console.info(`duplicate-delivery: ${records.length} records produced again, ${figures}`);
      expect([...problems, ...once.problems]).toEqual([]);
      expect([...cluster.sink.deliveries.values()].every((count) => count === 1)).toBe(true);
      // What is new in the shards' logs belongs to the orders that are new.
      const added = await Promise.all(
        shards.map((shard) => eventStore.readShard(shard, before[shard] as number, 10_000)),
      );
      const old = new Set(load.sent.map(({ order }) => order.orderId));
      expect(added.flat().filter(({ orderId }) => old.has(orderId))).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/** Everything that is in the inbox, as it would be produced again. */
async function inboxRecords(log: MessageLog, shards: readonly number[]): Promise<NewRecord[]> {
  const pages = await Promise.all(
    INBOX_TOPICS.flatMap((topic) => shards.map((shard) => log.read(topic, shard, 0, 100_000))),
  );
  return pages.flat().map(({ topic, key, value, headers }) => ({ topic, key, value, headers }));
}

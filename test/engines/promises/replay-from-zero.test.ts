/**
 * The whole inbox is read again from its beginning: it makes no new event, publishes nothing and sends no mail. A second time
 * this happens while new orders come in, which are processed as ever.
 */
import { expect, test } from "vitest";
import { INBOX_TOPICS } from "../../../src/actors/ports.ts";
import { withAdmin } from "../../support/engines/brokers.ts";
import { type Cluster, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { kafkaClient } from "../../support/engines/installation.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

describeWithEngines(
  "an inbox that is read again",
  (engines) => {
    test("offsets that go back to zero cause no new event and no mail", async () => {
      const cluster = await startCluster(engines);
      const load = await startLoad({ url: cluster.api.url, rate: 40 });
      await mailsArrive(cluster.sink, 150, 90_000);
      expect((await cluster.verdict(load)).problems).toEqual([]);
      const before = await effectsOf(cluster);

      const again = await readAllAgain(cluster, engines.brokers);
      expect(again).toBeGreaterThan(450);
      const { problems, figures } = await cluster.verdict(load);
      console.info(`replay-from-zero: ${again} records read again, ${figures}`);
      expect(problems).toEqual([]);
      expect(await effectsOf(cluster)).toEqual(before);

      const newLoad = await startLoad({ url: cluster.api.url, rate: 20 });
      await readAllAgain(cluster, engines.brokers);
      await mailsArrive(cluster.sink, 60, 90_000);
      const underLoad = await cluster.verdict(newLoad);
      console.info(`replay-from-zero, under load: ${underLoad.figures}`);
      expect(underLoad.problems).toEqual([]);
      for (const [messageId, deliveries] of before.deliveries) {
        expect(cluster.sink.deliveries.get(messageId), messageId).toBe(deliveries);
      }
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/** Stops all workers, sets the group's offsets to zero and starts them. Returns how many records they have before them. */
async function readAllAgain({ workers, installation, stores }: Cluster, brokers: string): Promise<number> {
  for (const worker of workers) expect((await worker.stop()).code).toBe(0);
  const { group, topicPrefix } = installation;
  await withAdmin(kafkaClient(brokers), async (admin) => {
    for (const topic of INBOX_TOPICS) {
      await admin.resetOffsets({ groupId: group, topic: `${topicPrefix}${topic}`, earliest: true });
    }
  });
  const unread = (await stores.log.inboxLag()).map((lag) => lag.endOffset - lag.committedOffset);
  for (const worker of workers) worker.start();
  await Promise.all(workers.map((worker) => worker.ready()));
  return unread.reduce((sum, records) => sum + records, 0);
}

/** Everything that the service has caused: commits and published events by shard, and deliveries by mail. */
async function effectsOf({ stores, shards, sink }: Cluster) {
  const numbers = Array.from({ length: shards }, (_, shard) => shard);
  return {
    commits: await Promise.all(numbers.map((shard) => stores.eventStore.head(shard))),
    published: await Promise.all(
      numbers.map(async (shard) => (await stores.log.read("order-events", shard, 0, 100_000)).length),
    ),
    deliveries: new Map(sink.deliveries),
  };
}

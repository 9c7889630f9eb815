/**
 * A worker freezes for longer than its session, another takes its shards over, and then it comes back in the belief
 * that they are still its own: what it had decided comes too late, and the store refuses it by the shard position.
 */
import { expect, test } from "vitest";
import { parseMix } from "../../../src/demo/mix.ts";
import { SESSION_TIMEOUT_MS, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { startMongoProxy } from "../../support/engines/mongo-proxy.ts";
import { mailsArrive, ownsShards, readMetric } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const TAKEOVER_MS = SESSION_TIMEOUT_MS + 10_000;

describeWithEngines(
  "a worker that comes back too late",
  (engines) => {
    test("commits that were under way when it froze are refused, and the shards' logs stay whole", async () => {
      const store = await startMongoProxy(engines.mongoUrl);
      const cluster = await startCluster(engines, { workers: 1 });
      const zombie = await cluster.addWorker({ MONGODB_URL: store.urlOf(cluster.installation) });
      const successor = cluster.workers[0] as Member;
      // Orders that repeat nothing by themselves: what comes twice comes from the zombie.
      const load = await startLoad({ url: cluster.api.url, rate: 20, mix: parseMix("normal=100") });
      await ownsShards(zombie, cluster.shards / 2, 30_000);
      await mailsArrive(cluster.sink, 40, 60_000);

      // An insert leaves the process and does not arrive; then the process stops, and with it its heartbeats.
      store.proxy.pauseAt("toServer", "OrderReceived");
      const held = () => store.proxy.held("toServer").includes("OrderReceived");
      await expect.poll(held, { timeout: 30_000, interval: 20 }).toBe(true);
      zombie.freeze();
      const takeoverMs = await ownsShards(successor, cluster.shards, TAKEOVER_MS);
      await mailsArrive(cluster.sink, 60, 90_000);
      // The late insert arrives now, at positions that the successor has filled.
      store.proxy.resume();
      zombie.thaw();
      await mailsArrive(cluster.sink, 20, 60_000);
      await expect
        .poll(() => readMetric(zombie, "orderloom_messages_total", 'result="repeated"'), { timeout: 30_000 })
        .toBeGreaterThan(0);

      const { problems, figures } = await cluster.verdict(load);
      console.info(`zombie-owner: taken over after ${(takeoverMs / 1_000).toFixed(1)} s, ${figures}`);
      expect(problems).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

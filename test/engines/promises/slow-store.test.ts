/**
 * Every answer of the store comes two seconds late: the workers keep their shards, because their heartbeats do not
 * wait for the store, and orders still come through.
 */
import { expect, test } from "vitest";
import { memberIds } from "../../support/engines/brokers.ts";
import { SESSION_TIMEOUT_MS, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { startMongoProxy } from "../../support/engines/mongo-proxy.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const LATENCY_MS = 2_000;

describeWithEngines(
  "a slow store",
  (engines) => {
    test(`with ${LATENCY_MS / 1_000} s of latency no worker loses its shards, and orders get their mails`, async () => {
      const store = await startMongoProxy(engines.mongoUrl);
      const cluster = await startCluster(engines, { through: store });
      const load = await startLoad({ url: cluster.api.url, rate: 5 });
      await mailsArrive(cluster.sink, 10, 60_000);
      const before = await memberIds(engines.brokers, cluster.installation.group);
      expect(before).toHaveLength(2);

      store.proxy.delay("toClient", LATENCY_MS);
      const slowSinceMs = performance.now();
      const arrivedMs = await mailsArrive(cluster.sink, 25, 120_000);
      // A member that did not get to its heartbeats would have been given up by now.
      await expect
        .poll(() => performance.now() - slowSinceMs, { timeout: 60_000 })
        .toBeGreaterThan(3 * SESSION_TIMEOUT_MS);
      expect(await memberIds(engines.brokers, cluster.installation.group)).toEqual(before);
      store.proxy.delay("toClient", 0);

      const { problems, figures } = await cluster.verdict(load);
      console.info(`slow-store: 25 mails in ${(arrivedMs / 1_000).toFixed(1)} s at ${LATENCY_MS} ms, ${figures}`);
      expect(problems).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

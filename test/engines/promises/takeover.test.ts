/** The shards of a worker that is lost go to another within the session timeout, and its first batch starts from the store. */
import { expect, test } from "vitest";
import { SESSION_TIMEOUT_MS, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { mailsArrive, ownsShards } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

/** What the rebalance itself may take after the session has ended, on a machine that does much else. */
const REBALANCE_MS = 4_000;

describeWithEngines(
  "a worker that is lost",
  (engines) => {
    test("its shards have a new owner within the session timeout, and their orders go on", async () => {
      const cluster = await startCluster(engines);
      const [lost, heir] = cluster.workers as readonly [Member, Member];
      await ownsShards(heir, cluster.shards / 2, 30_000);
      await lost.kill();
      // The worker dies idle: a mail that it was sending would be another promise.
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      const takeoverMs = await ownsShards(heir, cluster.shards, 2 * SESSION_TIMEOUT_MS);
      expect(takeoverMs).toBeLessThan(SESSION_TIMEOUT_MS + REBALANCE_MS);
      await mailsArrive(cluster.sink, 60, 60_000);
      lost.start();
      const joinMs = await ownsShards(heir, cluster.shards / 2, 60_000);
      const { problems, figures } = await cluster.verdict(load);
      console.info(
        `takeover: after ${Math.round(takeoverMs)} ms of a session of ${SESSION_TIMEOUT_MS} ms, shared again ${Math.round(joinMs)} ms after its start, ${figures}`,
      );
      expect(problems).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/**
 * A worker joins and leaves every few seconds for a minute, under load: the shards move each time, and orders are
 * processed all the while. REBALANCE_SECONDS sets how long.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { mailsArrive, ownedShards } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const SECONDS = Number(process.env["REBALANCE_SECONDS"] ?? 60);
const STAY_MS = 2_000;

describeWithEngines(
  "a member that comes and goes",
  (engines) => {
    test(`orders flow while a worker joins and leaves for ${SECONDS} s, and nothing is lost or done twice`, async () => {
      const cluster = await startCluster(engines);
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      const guest = await cluster.addWorker();
      const endMs = performance.now() + SECONDS * 1_000;
      let visits = 0;
      let longestWaitMs = 0;
      while (performance.now() < endMs) {
        await expect.poll(() => ownedShards(guest).catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(0);
        visits += 1;
        await pause(STAY_MS);
        expect((await guest.stop()).code).toBe(0);
        longestWaitMs = Math.max(longestWaitMs, await mailsArrive(cluster.sink, 5, 60_000));
        guest.start();
      }
      await guest.ready();
      const { problems, figures } = await cluster.verdict(load);
      console.info(
        `rebalance: ${visits} joins and leaves in ${SECONDS} s, mails waited at most ${Math.round(longestWaitMs)} ms, ${figures}`,
      );
      expect(problems).toEqual([]);
      // A visit takes less than 20 s even where each join waits for a whole session to run out.
      expect(visits).toBeGreaterThanOrEqual(Math.max(2, SECONDS / 20));
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

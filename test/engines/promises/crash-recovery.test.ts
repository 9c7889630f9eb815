/**
 * Kills workers with SIGKILL at random moments under load, again and again: nothing that was acknowledged is lost,
 * nothing takes effect twice, every order gets its mail, and a mail comes twice only where the ledger says that an
 * attempt's outcome is unknown. What a killed worker left open in the store keeps nobody from going on for long.
 * `npm run crash -- --engines` sets the number of kills.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { inboxIsRead, reactorsAreThrough } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const KILLS = Number(process.env["CRASH_ROUNDS"] ?? 50);
const WORKERS = 3;
const ORDERS_PER_SECOND = 15;
/** The longest time between two kills while the shards of the first are not taken over yet. */
const MOST_BETWEEN_MS = 2_000;
/** From the last kill until lists, desk, mails and events are where the shard logs were: less than stores keep a transaction. */
const REACTORS_WITHIN_MS = 45_000;

describeWithEngines(
  "workers that are killed",
  (engines) => {
    test(`${KILLS} kills under load lose nothing that was acknowledged and do nothing twice`, async () => {
      const cluster = await startCluster(engines, { workers: WORKERS });
      const load = await startLoad({ url: cluster.api.url, rate: ORDERS_PER_SECOND });
      const startedMs = performance.now();
      let longestMs = 0;
      let reactorsMs = 0;
      for (let kills = 0; kills < KILLS; ) {
        // Some kills come while the group still deals with the one before, and at any moment of the pipeline's work.
        for (const victim of cluster.workers.slice(0, KILLS - kills)) {
          await pause(Math.random() * MOST_BETWEEN_MS);
          await killAndStart(victim);
          kills += 1;
        }
        // Then the group has the time to recover: what waited in every shard is processed before the next kill.
        const killedMs = performance.now();
        longestMs = Math.max(longestMs, await inboxIsRead(cluster, 90_000));
        reactorsMs = Math.max(reactorsMs, await reactorsAreThrough(cluster, killedMs, 90_000));
      }
      const killingMs = performance.now() - startedMs;
      const { problems, figures, audit } = await cluster.verdict(load);
      console.info(
        `crash-recovery: ${KILLS} kills in ${Math.round(killingMs / 1_000)} s, inbox read within ${Math.round(longestMs)} ms, reactors through within ${Math.round(reactorsMs)} ms, ${figures}`,
      );
      expect(problems).toEqual([]);
      expect(reactorsMs).toBeLessThan(REACTORS_WITHIN_MS);
      expect(audit.unknownMails.size).toBeLessThanOrEqual(KILLS * cluster.mailConnections);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

async function killAndStart(worker: Member): Promise<void> {
  await worker.kill();
  worker.start();
}

/**
 * Kills workers with SIGKILL at random moments under load, again and again: nothing that was acknowledged is lost,
 * nothing takes effect twice, every order gets its mail, and a mail comes twice only where the ledger says that an
 * attempt's outcome is unknown. CRASH_ROUNDS sets the number of rounds.
 */
import { expect, test } from "vitest";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { commitsGrow } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 50);
const ORDERS_PER_SECOND = 15;
/** The most that is stored between two kills. */
const MOST_COMMITS_BETWEEN = 60;

describeWithEngines(
  "workers that are killed",
  (engines) => {
    test(`${ROUNDS} kills under load lose nothing that was acknowledged and do nothing twice`, async () => {
      const cluster = await startCluster(engines, { workers: 3 });
      const load = await startLoad({ url: cluster.api.url, rate: ORDERS_PER_SECOND });
      const startedMs = performance.now();
      for (let round = 1; round <= ROUNDS; round++) {
        // Each kill waits for a random amount of progress, so that it comes at any moment of the pipeline's work.
        await commitsGrow(cluster, 1 + Math.floor(Math.random() * MOST_COMMITS_BETWEEN), 60_000);
        const victim = cluster.workers[round % cluster.workers.length] as Member;
        await victim.kill();
        victim.start();
      }
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
      const { problems, figures, audit } = await cluster.verdict(load);
      console.info(`crash-recovery: ${ROUNDS} kills in ${seconds} s, ${figures}`);
      expect(problems).toEqual([]);
      expect(audit.unknownMails.size).toBeLessThanOrEqual(ROUNDS * cluster.mailConnections);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/** `orderloom lag` tells an operator who has each shard, and how many records and seconds it is behind. */
import { expect, test } from "vitest";
import { type Cluster, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { ownsShards } from "../../support/engines/observe.ts";
import { runOrderloom } from "../../support/service-process.ts";
import { createShopper } from "../../support/shopper.ts";

const ORDERS = 12;

interface LagRow {
  readonly group: string;
  readonly shard: number;
  readonly owner: string | null;
  readonly records: number;
  readonly seconds: number;
}

describeWithEngines(
  "the lag of an installation",
  (engines) => {
    test("shows the owner of every shard, and what waits while nobody works", async () => {
      const cluster = await startCluster(engines);
      const { group } = cluster.installation;
      const [first, second] = cluster.workers as readonly [Member, Member];
      await ownsShards(first, cluster.shards / 2, 30_000);
      const shared = (await lag(cluster)).filter((row) => row.group === group);
      expect(shared.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      const owners = shared.map(({ owner }) => owner);
      expect(new Set(owners).size).toBe(2);
      expect(owners).not.toContain(null);
      expect(shared.every(({ records, seconds }) => records === 0 && seconds === 0)).toBe(true);

      await first.stop();
      await second.stop();
      const shopper = createShopper(() => cluster.api.url);
      const purchases = Array.from({ length: ORDERS }, (_, i) => shopper.buy(`lag-${i}`, AbortSignal.timeout(30_000)));
      expect(await Promise.all(purchases)).not.toContain(null);
      const waiting = (await lag(cluster)).filter((row) => row.group === group);
      expect(waiting.reduce((sum, { records }) => sum + records, 0)).toBe(2 * ORDERS);
      expect(waiting.every(({ owner, records, seconds }) => owner === null && records > 0 === seconds > 0)).toBe(true);
      const { stdout, code } = await runOrderloom(["lag"], cluster.installation.environment);
      expect(code).toBe(0);
      expect(stdout).toContain(`${2 * ORDERS} are behind.`);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

async function lag({ installation }: Cluster): Promise<readonly LagRow[]> {
  const { stdout, stderr, code } = await runOrderloom(["lag", "--json", "--all"], installation.environment);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { lag: LagRow[] }).lag;
}

/**
 * The store dies, steps down and falls silent under load: what was sent to it may have been stored or not, and each
 * time it is found out. The workers keep their shards, and everything flows again once the store is back.
 */
import { setTimeout as pause } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { startCluster } from "../../support/engines/cluster.ts";
import type { EngineControl } from "../../support/engines/engine-control.ts";
import { describeWithEngines, engineControl } from "../../support/engines/engines.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const KILLS = 3;
const STEP_DOWN_S = 5;
const SILENCE_MS = 20_000;

describeWithEngines(
  "a store that fails",
  (engines) => {
    test(`${KILLS} kills, a step-down of ${STEP_DOWN_S} s and a silence of ${SILENCE_MS / 1_000} s lose nothing and do nothing twice`, async () => {
      const control = engineControl() as EngineControl;
      const cluster = await startCluster(engines);
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      const waits: Record<string, string> = {};
      const recovered = async (fault: string): Promise<void> => {
        waits[fault] = `${((await mailsArrive(cluster.sink, 30, 90_000)) / 1_000).toFixed(1)} s`;
      };
      await recovered("none");
      for (let kill = 1; kill <= KILLS; kill++) {
        await control.kill("mongo");
        await control.start("mongo");
        await recovered(`kill ${kill}`);
      }
      const withoutPrimaryMs = await stepDown(engines.mongoUrl);
      await recovered("step-down");
      await control.pause("mongo");
      try {
        await pause(SILENCE_MS);
      } finally {
        await control.resume("mongo");
      }
      await recovered("silence");
      const { problems, figures } = await cluster.verdict(load);
      console.info(
        `store-stepdown: 30 mails came after ${JSON.stringify(waits)}, no primary for ${Math.round(withoutPrimaryMs)} ms, ${figures}`,
      );
      expect(problems).toEqual([]);
      expect(withoutPrimaryMs).toBeGreaterThan((STEP_DOWN_S - 2) * 1_000);
    });
  },
  { engines: ["brokers", "mongoUrl"], control: true },
);

/** Makes the primary give up its place; resolves once there is a primary again, with how long there was none. */
async function stepDown(mongoUrl: string): Promise<number> {
  const node = new URL(mongoUrl);
  node.search = "directConnection=true";
  const client = new MongoClient(node.href);
  const isPrimary = async (): Promise<boolean> =>
    (await client.db("admin").command({ hello: 1 }))["isWritablePrimary"] === true;
  try {
    const startedMs = performance.now();
    const command = { replSetStepDown: STEP_DOWN_S, secondaryCatchUpPeriodSecs: 0, force: true };
    await client.db("admin").command(command);
    expect(await isPrimary(), "the primary gave up its place").toBe(false);
    await expect.poll(isPrimary, { timeout: 60_000, interval: 100, message: "there is a primary again" }).toBe(true);
    return performance.now() - startedMs;
  } finally {
    await client.close();
  }
}

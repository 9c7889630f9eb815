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
      await stepDown(engines.mongoUrl);
      await recovered("step-down");
      await control.pause("mongo");
      try {
        await pause(SILENCE_MS);
      } finally {
        await control.resume("mongo");
      }
      await recovered("silence");
      const { problems, figures } = await cluster.verdict(load);
      console.info(`store-stepdown: 30 mails came after ${JSON.stringify(waits)}, ${figures}`);
      expect(problems).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"], control: true },
);

/** Makes the primary give up its place; it does not stand for election for some seconds. */
async function stepDown(mongoUrl: string): Promise<void> {
  const client = new MongoClient(mongoUrl);
  try {
    const command = { replSetStepDown: STEP_DOWN_S, secondaryCatchUpPeriodSecs: 0, force: true };
    await client.db("admin").command(command);
  } finally {
    await client.close();
  }
}

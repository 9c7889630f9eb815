/**
 * Brokers die and fall silent under load. While the log cannot be written, the API says so with 503 and Retry-After,
 * and still shows the orders that exist; nothing that was acknowledged is lost, before or after.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { leaderOf, replicasAreInSync } from "../../support/engines/brokers.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import type { EngineControl } from "../../support/engines/engine-control.ts";
import { describeWithEngines, engineControl } from "../../support/engines/engines.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";

const PAUSE_MS = Number(process.env["BROKER_PAUSE_SECONDS"] ?? 30) * 1_000;
const BROKERS = 3;

describeWithEngines(
  "brokers that fail",
  (engines) => {
    test("orders flow while the leader of a partition is dead, and after it is back", async () => {
      const control = engineControl() as EngineControl;
      const cluster = await startCluster(engines);
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      await mailsArrive(cluster.sink, 30, 60_000);
      const topic = `${cluster.installation.topicPrefix}orders`;
      const leader = await leaderOf(engines.brokers, topic, 0);
      const killedMs = performance.now();
      await control.kill(leader);
      let electedMs: number;
      let flowingMs: number;
      try {
        await expect.poll(() => leaderOf(engines.brokers, topic, 0), { timeout: 60_000 }).not.toBe(leader);
        electedMs = performance.now() - killedMs;
        await mailsArrive(cluster.sink, 100, 60_000);
        flowingMs = performance.now() - killedMs;
      } finally {
        await control.start(leader);
      }
      await replicasAreInSync(engines.brokers, cluster.installation.topicPrefix, 60_000);
      await mailsArrive(cluster.sink, 30, 60_000);
      const { problems, figures } = await cluster.verdict(load);
      console.info(
        `broker-loss: ${leader} killed, another leads after ${seconds(electedMs)}, 100 mails more after ${seconds(flowingMs)}, ${figures}`,
      );
      expect(problems).toEqual([]);
    });

    test(`all brokers are silent for ${PAUSE_MS / 1_000} s: 503 with Retry-After, and nothing acknowledged is lost`, async () => {
      const control = engineControl() as EngineControl;
      const cluster = await startCluster(engines);
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      await mailsArrive(cluster.sink, 40, 60_000);
      const known = load.mailed()[0] as string;
      const names = Array.from({ length: BROKERS }, (_, i) => `kafka-${i + 1}`);
      await Promise.all(names.map((name) => control.pause(name)));
      const silence = pause(PAUSE_MS);
      const refusals: { readonly status: number; readonly retryAfterS: number; readonly afterMs: number }[] = [];
      try {
        let isSilent = true;
        void silence.then(() => {
          isSilent = false;
        });
        while (isSilent) refusals.push(await order(cluster.api.url, silence));
        expect((await fetch(`${cluster.api.url}/orders/${known}`)).status).toBe(200);
      } finally {
        await Promise.all(names.map((name) => control.resume(name)));
      }
      // The last request may have been answered by brokers that were back.
      const during = refusals.slice(0, -1);
      expect(during.length).toBeGreaterThan(0);
      expect(during.filter(({ status, retryAfterS }) => status !== 503 || !(retryAfterS >= 1))).toEqual([]);
      await mailsArrive(cluster.sink, 60, 120_000);
      const { problems, figures } = await cluster.verdict(load);
      const slowestMs = Math.max(...during.map(({ afterMs }) => afterMs));
      console.info(
        `broker-loss: all silent for ${PAUSE_MS / 1_000} s, ${during.length} refusals after at most ${Math.round(slowestMs)} ms, ${figures}`,
      );
      expect(problems).toEqual([]);
    });
  },
  { engines: ["brokers", "mongoUrl"], brokers: BROKERS, control: true },
);

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}

/** Sends one order without an Idempotency-Key, and waits as long as the service takes to say no. */
async function order(url: string, end: Promise<void>) {
  const startedMs = performance.now();
  const response = await fetch(`${url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      customer: { name: "Ada", email: "ada@shop.example" },
      items: [{ sku: "espresso", quantity: 1 }],
    }),
  });
  const retryAfterS = Number(response.headers.get("retry-after"));
  const afterMs = performance.now() - startedMs;
  await response.body?.cancel();
  await Promise.race([end, pause(Math.max(1, retryAfterS) * 1_000)]);
  return { status: response.status, retryAfterS, afterMs };
}

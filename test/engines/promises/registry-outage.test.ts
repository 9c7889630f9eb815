/**
 * The schema registry falls silent, or is not there at all. What needs it waits and makes no dead letter, everything else
 * flows, processes can start without it, and what waited is processed once it answers.
 */
import { expect, onTestFinished, test } from "vitest";
import { shardOf } from "../../../src/actors/sharding.ts";
import { createMessageRecords } from "../../../src/infra/avro/message-records.ts";
import { createMetrics } from "../../../src/infra/metrics.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import type { EngineControl } from "../../support/engines/engine-control.ts";
import { describeWithEngines, engineControl } from "../../support/engines/engines.ts";
import { mailsArrive } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

describeWithEngines("a schema registry that falls silent", (engines) => {
  test("Avro waits, JSON flows, a worker starts, and nothing becomes a dead letter", async () => {
    const url = new URL(engines.registryUrl);
    const registry = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    onTestFinished(() => registry.stop());
    url.port = String(registry.port);
    const cluster = await startCluster(engines, { settings: { SCHEMA_REGISTRY_URL: url.href } });
    const encode = await createMessageRecords({
      url: engines.registryUrl,
      clock: systemClock,
      random: systemRandom,
      metrics: createMetrics(systemClock.nowMs).engines,
      topicPrefix: cluster.installation.topicPrefix,
    });
    const load = await startLoad({ url: cluster.api.url, rate: 15 });
    await mailsArrive(cluster.sink, 15, 60_000);

    registry.pause();
    registry.cut();
    const orderId = crypto.randomUUID();
    const at = new Date().toISOString();
    const customer = { name: "Grace Hopper", email: "grace@shop.example" };
    const items = [{ sku: "margherita", quantity: 1 }];
    const amount = { amountMinor: 950, currency: "EUR" };
    await cluster.stores.log.produce([
      encode({ type: "SubmitOrder", orderId, customer, items, submittedAt: at }),
      encode({ type: "ReceivePayment", orderId, paymentId: `pay-${orderId}`, amount, paidAt: at }),
    ]);
    await mailsArrive(cluster.sink, 60, 60_000);
    const late = await cluster.addWorker();
    await late.ready();
    expect((await cluster.stores.eventStore.readOrders(shardOf(orderId, cluster.shards), [orderId])).size).toBe(0);

    registry.resume();
    const order = await fetch(`${cluster.api.url}/orders/${orderId}?until=emailed&wait=30`);
    expect(await order.json()).toMatchObject({ orderId, status: "emailed" });
    const { problems, figures } = await cluster.verdict(load);
    console.info(`registry-outage: ${figures}`);
    expect(problems).toEqual([]);
  });
});

describeWithEngines(
  "a schema registry that is killed, with events in Avro",
  (engines) => {
    test("every process starts, orders are mailed, and their events are published once it is back", async () => {
      const control = engineControl() as EngineControl;
      await control.kill("registry");
      const isAway = { value: true };
      const bringBack = async (): Promise<void> => {
        if (isAway.value) await control.start("registry");
        isAway.value = false;
      };
      onTestFinished(bringBack);
      const cluster = await startCluster(engines, {
        settings: { SCHEMA_REGISTRY_URL: engines.registryUrl, EVENTS_FORMAT: "avro" },
      });
      const load = await startLoad({ url: cluster.api.url, rate: 10 });
      await mailsArrive(cluster.sink, 30, 90_000);
      const published = async () => {
        const ends = await cluster.stores.log.endOffsets("order-events");
        return [...ends.values()].reduce((sum, end) => sum + end, 0);
      };
      expect(await published()).toBe(0);

      await bringBack();
      await expect.poll(published, { timeout: 90_000, interval: 500 }).toBeGreaterThan(0);
      const { problems, figures } = await cluster.verdict(load);
      console.info(`registry-outage with events in Avro: ${figures}`);
      expect(problems).toEqual([]);
      expect(await published()).toBeGreaterThanOrEqual(5 * 30);
    });
  },
  { control: true },
);

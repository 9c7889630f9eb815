/**
 * Topics that disagree with the shards are refused at the start, in one sentence that says what to do. Where somebody adds
 * a partition while the service runs, it goes on, and what others write there is processed in its right shard.
 */
import { expect, test } from "vitest";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { withAdmin } from "../../support/engines/brokers.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { startForeignProducer } from "../../support/engines/foreign-producer.ts";
import { createInstallation, kafkaClient } from "../../support/engines/installation.ts";
import { mailsArrive, readMetric } from "../../support/engines/observe.ts";
import { startLoad } from "../../support/load.ts";
import { runOrderloom } from "../../support/service-process.ts";

const SHARDS = 8;

describeWithEngines(
  "a topic with one partition more than the others",
  (engines) => {
    test("nothing starts on it, and the message names the topic and both numbers", async () => {
      const installation = createInstallation(engines, { SHARDS: String(SHARDS), SMTP_URL: "smtp://127.0.0.1:1" });
      const { topicPrefix, environment } = installation;
      expect(await runOrderloom(["migrate"], environment)).toMatchObject({ code: 0 });
      await addPartition(engines.brokers, `${topicPrefix}payments`);
      for (const ROLE of ["worker", "api"]) {
        const ended = await runOrderloom(["start"], { ...environment, ROLE, PORT: "0", CURSOR_KEY: "k".repeat(32) });
        expect(ended, ROLE).toMatchObject({ code: 1, stdout: "" });
        expect(ended.stderr.trim().split("\n"), ROLE).toHaveLength(1);
        expect(ended.stderr).toContain(`${topicPrefix}payments`);
        expect(ended.stderr).toMatch(/^orderloom: .*\b9\b.*\b8\b.*\[[a-z_]+\]|^orderloom: .*\b8\b.*\b9\b.*\[[a-z_]+\]/);
      }
    });

    test("nobody sends to topics that are missing, or that have another number of partitions", async () => {
      const { environment, topicPrefix } = createInstallation(engines, { SHARDS: String(SHARDS) });
      const send = (SHARDS_OF_SENDER: number) =>
        runOrderloom(["generate", "orders", "--to", "topics", "--limit", "3", "--quiet"], {
          ...environment,
          SHARDS: String(SHARDS_OF_SENDER),
        });
      const early = await send(SHARDS);
      expect(early).toMatchObject({ code: 1, stdout: "" });
      expect(early.stderr).toMatch(
        new RegExp(`^orderloom: .*${topicPrefix}orders.*orderloom migrate.*\\[not_prepared\\]\n$`),
      );
      expect(await runOrderloom(["migrate"], environment)).toMatchObject({ code: 0 });
      const wrong = await send(SHARDS / 2);
      expect(wrong).toMatchObject({ code: 1, stdout: "" });
      expect(wrong.stderr).toMatch(/^orderloom: .*found 8, wanted 4.*SHARDS.*\[topics_differ\]\n$/);
      expect(await send(SHARDS)).toMatchObject({ code: 0 });
    });

    test("what runs goes on under load, and takes the payments that come there", async () => {
      const cluster = await startCluster(engines, { settings: { SHARDS: String(SHARDS) } });
      const load = await startLoad({ url: cluster.api.url, rate: 20 });
      await mailsArrive(cluster.sink, 30, 60_000);
      const orderId = await order(cluster.api.url);
      await addPartition(engines.brokers, `${cluster.installation.topicPrefix}payments`);
      const foreign = await startForeignProducer(engines.brokers, cluster.installation);

      const amount = { amountMinor: 950, currency: "EUR" };
      const paidAt = new Date().toISOString();
      const { key, headers, value } = encodeMessage({
        type: "ReceivePayment",
        orderId,
        paymentId: `pay-${orderId}`,
        amount,
        paidAt,
      });
      await foreign.send("payments", { key, headers, value: Buffer.from(value), partition: SHARDS });
      const emailed = async () => (await (await fetch(`${cluster.api.url}/orders/${orderId}`)).json()).status;
      await expect.poll(emailed, { timeout: 120_000, interval: 500 }).toBe("emailed");
      await mailsArrive(cluster.sink, 60, 60_000);
      const extras = await Promise.all(
        cluster.workers.map((worker) => readMetric(worker, "orderloom_topic_extra_partitions", "payments")),
      );
      const { problems, figures } = await cluster.verdict(load);
      console.info(`topic-layout: ${figures}`);
      expect(problems).toEqual([]);
      expect(Math.max(...extras)).toBe(1);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/** Gives a topic one partition more than there are shards. */
async function addPartition(brokers: string, topic: string): Promise<void> {
  await withAdmin(kafkaClient(brokers), (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: SHARDS + 1 }] }),
  );
}

/** Submits an order that nobody has paid. Returns its id. */
async function order(url: string): Promise<string> {
  const response = await fetch(`${url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      customer: { name: "Grace Hopper", email: "grace@shop.example" },
      items: [{ sku: "margherita", quantity: 1 }],
    }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { orderId: string }).orderId;
}

/**
 * Records that are made to stop whoever reads them: each becomes a dead letter, and orders flow on all the while, with
 * no worker that ended.
 */
import { expect, test } from "vitest";
import type { InboxTopic } from "../../../src/actors/ports.ts";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { startForeignProducer } from "../../support/engines/foreign-producer.ts";
import { kafkaClient } from "../../support/engines/installation.ts";
import { inboxIsRead, mailsArrive } from "../../support/engines/observe.ts";
import { sendLargeBatch } from "../../support/engines/send-large-batch.ts";
import { startLoad } from "../../support/load.ts";
import { runOrderloom } from "../../support/service-process.ts";

const NO_UTF8 = Buffer.alloc(500_000, 0xff);
/** More records than kafkajs can take from one batch, and more bytes than are decompressed. */
const TRAP_RECORDS = 200_001;
const TRAP_VALUE = "x".repeat(160);

interface Poison {
  readonly what: string;
  readonly topic: InboxTopic;
  readonly key?: string | Buffer;
  readonly headers?: Record<string, Buffer | string>;
}

const POISON: readonly Poison[] = [
  ...["toString", "constructor", "__proto__", "valueOf"].map((name) => ({
    what: `a header named ${name}`,
    topic: "orders" as const,
    headers: Object.fromEntries([[name, "x"]]),
  })),
  { what: "a key of half a megabyte", topic: "payments", key: "k".repeat(500_000) },
  { what: "a key of half a megabyte that is no UTF-8", topic: "payments", key: NO_UTF8 },
  { what: "a header of half a megabyte that is no UTF-8", topic: "order-commands", headers: { long: NO_UTF8 } },
  {
    what: "ten thousand headers",
    topic: "orders",
    headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`header-${i}`, ""])),
  },
];

describeWithEngines(
  "records that are made to do harm",
  (engines) => {
    test("each becomes a dead letter, no worker ends, and orders flow", async () => {
      const cluster = await startCluster(engines);
      const foreign = await startForeignProducer(engines.brokers, cluster.installation);
      const load = await startLoad({ url: cluster.api.url, rate: 10 });
      await mailsArrive(cluster.sink, 10, 60_000);

      for (const [i, { topic, key = "somebody", headers = {} }] of POISON.entries()) {
        await foreign.send(topic, { key, value: `garbage ${i}`, headers, partition: 1 });
      }
      const trapped = `${cluster.installation.topicPrefix}payments`;
      const trap = { topic: trapped, partition: 2, records: TRAP_RECORDS, value: TRAP_VALUE };
      await sendLargeBatch(kafkaClient(engines.brokers), trap);
      const lag = await runOrderloom(["lag", "--all"], cluster.installation.environment);
      expect(lag).toMatchObject({ code: 0 });
      await inboxIsRead(cluster, 60_000);
      await mailsArrive(cluster.sink, 20, 60_000);

      expect(cluster.workers.flatMap(({ name, exits }) => exits.map((exit) => ({ name, exit })))).toEqual([]);
      const { problems, figures, audit } = await cluster.verdict(load, { deadLetters: POISON.length + 1 });
      console.info(`poison-records: ${audit.deadLetters.length} dead letters, ${figures}`);
      expect(problems).toEqual([]);
      for (const [i, { what, topic }] of POISON.entries()) {
        // A batch that was not decoded is kept as bytes, with the value somewhere in it.
        const kept = audit.deadLetters.find(({ value }) => Buffer.from(value).includes(`garbage ${i}`));
        expect(kept?.headers, what).toMatchObject({ "dead-letter-topic": topic });
      }
      const details = audit.deadLetters.map(({ headers }) => headers["dead-letter-detail"]);
      expect(details).toContainEqual(expect.stringContaining(`a batch of ${TRAP_RECORDS} records`));
      expect(details).toContainEqual(expect.stringContaining("the key is cut"));
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

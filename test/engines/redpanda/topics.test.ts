/** Creating and checking the topics on real brokers. */
import { ConfigResourceTypes } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { TOPICS } from "../../../src/infra/redpanda/topics.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createRedpandaFixture, foreignClient, SHARDS } from "./redpanda-fixture.ts";

describeWithEngines(
  "the topics",
  ({ brokers }) => {
    const setUp = async () => {
      const fixture = createRedpandaFixture(brokers);
      const admin = foreignClient(brokers).admin();
      await admin.connect();
      onTestFinished(async () => {
        await admin.disconnect();
        await fixture.cleanup();
      });
      return { ...fixture, admin };
    };

    test("are created as they must be, and found in order the next time", async () => {
      const { open, admin, prefix } = await setUp();
      await open().ensureTopics();
      await open().ensureTopics();
      const { topics } = await admin.fetchTopicMetadata({ topics: TOPICS.map((topic) => `${prefix}${topic}`) });
      expect(topics.map(({ partitions }) => partitions.length)).toEqual([SHARDS, SHARDS, SHARDS, SHARDS, SHARDS]);
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: `${prefix}orders` }],
      });
      const settings = new Map(
        resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(settings.get("message.timestamp.type")).toBe("LogAppendTime");
      expect(settings.get("cleanup.policy")).toBe("delete");
      expect(settings.get("retention.ms")).toBe(String(7 * 24 * 60 * 60 * 1_000));
      expect(settings.get("max.message.bytes")).toBe("1048576");
    });

    test("can be created by several processes at once", async () => {
      const { open } = await setUp();
      await Promise.all([open(), open(), open(), open()].map((log) => log.ensureTopics()));
    });

    test.each([
      ["a partition more than there are shards", SHARDS + 1, {}, `found ${SHARDS + 1}, wanted ${SHARDS}`],
      [
        "the producers' timestamps",
        SHARDS,
        { "message.timestamp.type": "CreateTime" },
        "found CreateTime, wanted LogAppendTime",
      ],
      ["compaction", SHARDS, { "cleanup.policy": "compact" }, "found compact, wanted delete"],
      ["a short retention", SHARDS, { "retention.ms": "60000" }, "found 60000, wanted 604800000 or more"],
    ])("are refused when one has %s", async (_, numPartitions, difference, sentence) => {
      const { open, admin, prefix } = await setUp();
      const topic = `${prefix}payments`;
      const settings = { "message.timestamp.type": "LogAppendTime", ...difference };
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
      });
      await expect(open().ensureTopics()).rejects.toMatchObject({
        code: "topics_differ",
        retryable: false,
        message: expect.stringMatching(new RegExp(`${topic} .*${sentence}`)),
      });
    });

    test("are refused when there are fewer brokers than copies", async () => {
      const { open, prefix } = await setUp();
      await expect(open({ replication: 9 }).ensureTopics()).rejects.toMatchObject({
        code: "topics_differ",
        message: expect.stringMatching(
          new RegExp(`The topic ${prefix}.* cannot be created: found none, wanted one with 9 replicas`),
        ),
      });
    });

    test("cannot be created where no broker answers", async () => {
      const { open } = await setUp();
      const log = open({ brokers: ["127.0.0.1:9"] });
      await expect(log.ensureTopics()).rejects.toMatchObject({ code: "log_unavailable", retryable: true });
      await expect(log.probe()).rejects.toMatchObject({ code: "log_unavailable" });
    });
  },
  { engines: ["brokers"] },
);

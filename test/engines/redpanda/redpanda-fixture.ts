/** Logs on the real brokers, each fixture with topics and a consumer group of its own, which are deleted afterwards. */
import { randomUUID } from "node:crypto";
import kafkajs, { type Kafka } from "kafkajs";
import { onTestFinished } from "vitest";
import type { EngineMetrics } from "../../../src/infra/engine-metrics.ts";
import type { RedpandaLog, RedpandaLogDeps } from "../../../src/infra/redpanda/redpanda-log.ts";
import { createRedpandaLog } from "../../../src/infra/redpanda/redpanda-log.ts";
import { TOPICS } from "../../../src/infra/redpanda/topics.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";

export const SHARDS = 4;
const SESSION_TIMEOUT_MS = 6_000;

export const NO_METRICS: EngineMetrics = {
  sent() {},
  fetched() {},
  extraPartitions() {},
  inserted() {},
  roundTrip() {},
};

export interface RedpandaFixture {
  readonly prefix: string;
  readonly groupId: string;
  /** What the logs reported to `onError`, in order. */
  readonly errors: readonly unknown[];
  /** What the logs reported to `onCrash`, in order. */
  readonly crashes: readonly Error[];
  /** Another log on the same topics and group, as another process would have it; stopped by `cleanup` at the latest. */
  open(options?: Partial<RedpandaLogDeps>): RedpandaLog;
  cleanup(): Promise<void>;
}

/** A plain kafkajs client, as another program that uses the topics would have it. */
export function foreignClient(brokers: string): Kafka {
  return new kafkajs.Kafka({ clientId: "foreign", brokers: brokers.split(","), logLevel: kafkajs.logLevel.NOTHING });
}

/** Names for topics and a group; nothing is created yet. */
export function createRedpandaFixture(brokers: string): RedpandaFixture {
  const prefix = `test-${randomUUID().slice(0, 8)}-`;
  const errors: unknown[] = [];
  const crashes: Error[] = [];
  const logs: RedpandaLog[] = [];
  return {
    prefix,
    groupId: `${prefix}workers`,
    errors,
    crashes,
    open(options) {
      const log = createRedpandaLog({
        brokers: brokers.split(","),
        shards: SHARDS,
        groupId: `${prefix}workers`,
        topicPrefix: prefix,
        replication: 1,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        clientId: `orderloom-test-${logs.length + 1}`,
        clock: systemClock,
        random: systemRandom,
        metrics: NO_METRICS,
        onError: (error) => errors.push(error),
        onCrash: (error) => crashes.push(error),
        ...options,
      });
      logs.push(log);
      return log;
    },
    async cleanup() {
      await Promise.all(logs.map((log) => log.stop()));
      const admin = foreignClient(brokers).admin();
      await admin.connect();
      const existing = new Set(await admin.listTopics());
      const topics = TOPICS.map((topic) => `${prefix}${topic}`).filter((name) => existing.has(name));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      await admin.deleteGroups([`${prefix}workers`]).catch(() => {});
      await admin.disconnect();
    },
  };
}

/** A fixture with its topics and one open log, cleaned up when the test ends. */
export async function openLog(
  brokers: string,
  options?: Partial<RedpandaLogDeps>,
): Promise<RedpandaFixture & { readonly log: RedpandaLog }> {
  const fixture = createRedpandaFixture(brokers);
  onTestFinished(() => fixture.cleanup());
  const log = fixture.open(options);
  await log.ensureTopics();
  return { ...fixture, log };
}

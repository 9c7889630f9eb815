/** Producing on real brokers: refusals, faults, and what a caller learns of them. */
import { ConfigResourceTypes } from "kafkajs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { NewRecord } from "../../../src/actors/ports.ts";
import type { RedpandaLog } from "../../../src/infra/redpanda/redpanda-log.ts";
import type { EngineControl } from "../../support/engines/engine-control.ts";
import { describeWithEngines, engineControl } from "../../support/engines/engines.ts";
import { WAIT } from "./inbox-probe.ts";
import { foreignClient, openLog } from "./redpanda-fixture.ts";

describeWithEngines(
  "producing",
  ({ brokers }) => {
    test("a record that the brokers find too large fails alone, those gathered with it are stored in order", async () => {
      const { log, prefix } = await openLog(brokers);
      await limitTo(4_096, `${prefix}orders`, brokers);
      const values = ["a", "b", "x".repeat(10_000), "c", "d".repeat(3_000), "e".repeat(3_000), "f"];
      await log.produce([order("warm up")]);
      const results = await Promise.allSettled(values.map((value) => log.produce([order(value)])));
      expect(results.map(({ status }) => status)).toEqual(
        values.map((value) => (value.length > 4_096 ? "rejected" : "fulfilled")),
      );
      expect(results[2]).toMatchObject({ reason: { code: "record_too_large", retryable: false } });
      const stored = await storedIn(log);
      expect(stored).toEqual(["warm up", ...values.filter(({ length }) => length < 4_096)]);
    });

    test("a topic that is deleted fails its own records and no others", async () => {
      const { log, prefix } = await openLog(brokers);
      await log.produce([order("1"), { ...order("1"), topic: "payments" }]);
      const admin = foreignClient(brokers).admin();
      await admin.connect();
      onTestFinished(() => admin.disconnect());
      await admin.deleteTopics({ topics: [`${prefix}payments`] });
      // The brokers may take a record or two more.
      const payment = { ...order("2"), topic: "payments" } as const;
      await vi.waitFor(() => expect(log.produce([payment])).rejects.toMatchObject({ retryable: true }), SLOWLY);
      const lost = expect(log.produce([payment])).rejects.toMatchObject({ code: "outcome_unknown", retryable: true });
      for (const value of ["3", "4", "5"]) await log.produce([order(value)]);
      await lost;
    });

    test("a log without brokers refuses within seconds, and nothing was sent", async () => {
      const { open } = await openLog(brokers);
      const away = open({ brokers: ["127.0.0.1:9"] });
      await expect(away.produce([order("1")])).rejects.toMatchObject({ code: "log_unavailable", retryable: true });
    });
  },
  { engines: ["brokers"] },
);

describeWithEngines(
  "producing while the brokers hang",
  ({ brokers }) => {
    test("ends with an unknown outcome after 10 s; nothing that is acknowledged afterwards is lost", async () => {
      const { log } = await openLog(brokers);
      await log.produce([order("before")]);
      await withPausedBrokers(brokers, async () => {
        const startedMs = Date.now();
        const [sent, waiting] = [log.produce([order("hanging")]), log.produce([order("waiting")])];
        await expect(sent).rejects.toMatchObject({ code: "outcome_unknown", retryable: true });
        await expect(waiting).rejects.toMatchObject({ retryable: true });
        expect(Date.now() - startedMs).toBeLessThan(15_000);
        await expect(log.inboxLag()).rejects.toMatchObject({ code: "log_unavailable" });
      });
      const after = Array.from({ length: 20 }, (_, i) => `after ${i}`);
      await vi.waitFor(() => log.produce([order("again")]), WAIT);
      for (const value of after) await log.produce([order(value)]);
      const stored = await vi.waitFor(() => storedIn(log), WAIT);
      expect(stored[0]).toBe("before");
      expect(stored.filter((value) => value.startsWith("after"))).toEqual(after);
      // What had an unknown outcome is there once at most: its producer repeats nothing any more.
      expect(stored.filter((value) => value === "hanging").length).toBeLessThanOrEqual(1);
    });
  },
  { engines: ["brokers"], control: true },
);

/** For what takes as long as a send that fails. */
const SLOWLY = { timeout: 60_000, interval: 100 };

async function withPausedBrokers(brokers: string, use: () => Promise<void>): Promise<void> {
  const control = engineControl() as EngineControl;
  const names = brokers.split(",").map((_, i) => `kafka-${i + 1}`);
  await Promise.all(names.map((name) => control.pause(name)));
  try {
    await use();
  } finally {
    await Promise.all(names.map((name) => control.resume(name)));
  }
}

function order(value: string): NewRecord {
  return { topic: "orders", key: "k", value, headers: {} };
}

/** Lowers what a topic takes, and waits until the brokers keep to it. */
async function limitTo(bytes: number, topic: string, brokers: string): Promise<void> {
  const admin = foreignClient(brokers).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const configEntries = [
    { name: "max.message.bytes", value: String(bytes) },
    { name: "message.timestamp.type", value: "LogAppendTime" },
  ];
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
  await vi.waitFor(async () => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ["max.message.bytes"] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe(String(bytes));
  }, WAIT);
}

/** The values of all orders of the one key that is used here, in their order. */
async function storedIn(log: RedpandaLog): Promise<string[]> {
  const lag = await log.inboxLag();
  const shard = lag.find(({ topic, endOffset }) => topic === "orders" && endOffset > 0)?.shard ?? 0;
  return (await log.read("orders", shard, 0, 1_000)).map(({ value }) => String(value));
}

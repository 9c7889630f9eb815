import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { connectGauges, type MetricsSources } from "../../../src/infra/gauges.ts";

const NOW_MS = 10_000;

function createSources(changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    inboxLag: async () => [
      { shard: 3, topic: "orders", committedOffset: 5, endOffset: 7, oldestUnreadMs: 7_500, owner: null },
    ],
    reactorLag: async () => [{ reactor: "publisher", shard: 3, commits: 4, oldestMs: 9_000 }],
    watermarks: async () => [{ shard: 3, watermarkMs: 7_000, lagMs: 1_500 }],
    deadLetters: async () => [{ code: "unreadable_message", open: 2, redriven: 5, dropped: 1 }],
    mailCounts: async () => ({
      queued: 1,
      attempting: 0,
      accepted: 2,
      refused: 0,
      deferred: 0,
      unknown: 0,
      dropped: 0,
    }),
    mailBreaker: () => "closed",
    deskPayments: async (kind) => (kind === "late" ? 3 : 0),
    liveOrders: () => 6,
    ownedShards: () => [3, 4],
    pendingStoreOperations: () => 0,
    ...changes,
  };
}

async function read(sources: MetricsSources): Promise<string[]> {
  const registry = new Registry();
  connectGauges([registry], sources, () => NOW_MS);
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("gauges show what their sources say, lags in records and in seconds", async () => {
  const lines = await read(createSources());
  expect(lines).toContain('orderloom_inbox_lag_records{topic="orders",shard="3"} 2');
  expect(lines).toContain('orderloom_inbox_lag_seconds{topic="orders",shard="3"} 2.5');
  expect(lines).toContain('orderloom_reactor_lag_commits{reactor="publisher",shard="3"} 4');
  expect(lines).toContain('orderloom_reactor_lag_seconds{reactor="publisher",shard="3"} 1');
  expect(lines).toContain('orderloom_watermark_timestamp_seconds{shard="3"} 7');
  expect(lines).toContain('orderloom_watermark_lag_seconds{shard="3"} 1.5');
  expect(lines).toContain('orderloom_desk_payments{kind="late"} 3');
  expect(lines).toContain("orderloom_owned_shards 2");
  expect(lines).toContain('orderloom_dead_letters{code="unreadable_message"} 2');
});

test("an age that the log cannot tell is left out, and its records are counted", async () => {
  const lag = { shard: 3, topic: "orders", committedOffset: 5, endOffset: 7, oldestUnreadMs: 0, owner: null } as const;
  const lines = await read(createSources({ inboxLag: async () => [lag] }));
  expect(lines).toContain('orderloom_inbox_lag_records{topic="orders",shard="3"} 2');
  expect(lines.filter((line) => line.startsWith("orderloom_inbox_lag_seconds"))).toEqual([]);
});

test("one reading asks each source once", async () => {
  const asked = { inbox: 0, reactors: 0 };
  const { inboxLag, reactorLag } = createSources();
  await read(
    createSources({
      inboxLag: () => {
        asked.inbox += 1;
        return inboxLag();
      },
      reactorLag: () => {
        asked.reactors += 1;
        return reactorLag();
      },
    }),
  );
  expect(asked).toEqual({ inbox: 1, reactors: 1 });
});

test("a source that does not answer leaves its gauges out, and the others stay", async () => {
  const lines = await read(
    createSources({
      inboxLag: () => Promise.reject(new OperationalError("log_unavailable", "a test says no", { retryable: true })),
    }),
  );
  expect(lines.filter((line) => line.startsWith("orderloom_inbox"))).toEqual([]);
  expect(lines).toContain("orderloom_live_orders 6");
});

test("a defect in a source is not hidden", async () => {
  await expect(read(createSources({ reactorLag: () => Promise.reject(new TypeError("a bug")) }))).rejects.toThrow(
    "a bug",
  );
});

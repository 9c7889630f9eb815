/** Dead letters in memory: a worker that makes them, the view that follows, and the desk; time moves as the test says. */
import { createCommitTail } from "../../src/actors/commit-tail.ts";
import { createDeadLetterDesk, type DeadLetterDesk } from "../../src/actors/dead-letter-desk.ts";
import { CONTENTS_VIEW, COUNTS_VIEW, LETTERS_VIEW } from "../../src/actors/dead-letter-documents.ts";
import { activeLetterVersion, createDeadLetterReader } from "../../src/actors/dead-letter-view.ts";
import type { Operator } from "../../src/actors/operators.ts";
import { createOwnedShards } from "../../src/actors/owned-shards.ts";
import type { Commit, NewRecord } from "../../src/actors/ports.ts";
import { createShardWorker } from "../../src/actors/shard-worker.ts";
import { withFaults } from "./memory/faults.ts";
import { createManualClock, settled } from "./memory/manual-clock.ts";
import { createMemoryActLog } from "./memory/memory-act-log.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";
import { TERMS } from "./order-messages.ts";

export const SUPPORT: Operator = { keyId: "key-1", name: "Grace", role: "support" };

export type DeadLetterWorld = Awaited<ReturnType<typeof createDeadLetterWorld>>;

export async function createDeadLetterWorld({ shards = 2 }: { shards?: number } = {}) {
  const clock = createManualClock();
  const random = createSeededRandom();
  const metrics = createRecordedMetrics();
  const eventStore = createMemoryEventStore();
  const log = withFaults(createMemoryMessageLog({ clock, shards }));
  const views = withFaults(createMemoryViewStore({ ledger: createMemoryMailLedger() }));
  const acts = withFaults(createMemoryActLog());
  const actLog = acts.port;
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const worker = createShardWorker({
    eventStore,
    log: log.port,
    codec: plainCodec,
    tail: createCommitTail({ eventStore, shards }),
    watermarks: { observe() {} },
    clock,
    terms: TERMS,
    metrics,
    shards,
    liveOrdersPerShard: 100,
  });
  await log.port.consumeInbox(worker);
  const version = await activeLetterVersion(views.port);
  const owned = createOwnedShards(shardNumbers);
  const newReader = (ofVersion = version) =>
    createDeadLetterReader({
      log: log.port,
      viewStore: views.port,
      version: ofVersion,
      shards: owned,
      clock,
      random,
      metrics,
    });
  const reader = newReader();
  const desk: DeadLetterDesk = createDeadLetterDesk({
    log: log.port,
    eventStore,
    viewStore: views.port,
    actLog,
    codec: plainCodec,
    clock,
    random,
    terms: TERMS,
    shards,
  });

  const world = {
    clock,
    random,
    metrics,
    log,
    views,
    owned,
    acts,
    actLog,
    desk,
    newReader,
    /** Puts records into the inbox and lets the worker and the view come to them. */
    async arrive(...records: readonly NewRecord[]): Promise<void> {
      for (const record of records) {
        await log.port.produce([record]);
        await settled();
      }
      await reader.runToEnd();
    },
    /** Lets time pass until something is done, and the view come to it. */
    async whileTimePasses<Result>(doing: Promise<Result>): Promise<Result> {
      let isDone = false;
      const done = doing.finally(() => {
        isDone = true;
      });
      done.catch(() => {});
      await settled();
      while (!isDone) await clock.advance(10);
      await settled();
      await reader.runToEnd();
      return done;
    },
    /** Every document of the view, by its kind and id. */
    async documents(ofVersion = version): Promise<ReadonlyMap<string, unknown>> {
      const query = { where: {}, sortBy: "parkedAtMs", direction: "ascending", limit: 10_000 } as const;
      const letters = await views.port.list({ view: LETTERS_VIEW.name, version: ofVersion }, query);
      const ids = letters.map(({ id }) => id);
      const contents = await views.port.getMany({ view: CONTENTS_VIEW.name, version: ofVersion }, ids);
      const counts = await views.port.getMany(
        { view: COUNTS_VIEW.name, version: ofVersion },
        shardNumbers.map((shard) => `shard-${shard}`),
      );
      return new Map<string, unknown>([
        ...letters.map(({ id, document }) => [id, document] as const),
        ...[...contents].map(([id, document]) => [`contents of ${id}`, document] as const),
        ...counts,
      ]);
    },
    async commits(): Promise<readonly Commit[]> {
      return (await Promise.all(shardNumbers.map((shard) => eventStore.readShard(shard, 0, 10_000)))).flat();
    },
    async topic(topic: NewRecord["topic"]) {
      return (await Promise.all(shardNumbers.map((shard) => log.port.read(topic, shard, 0, 10_000)))).flat();
    },
  };
  return world;
}

/** A record that nobody can read. */
export function poison(key = "order-1", value = "not JSON"): NewRecord {
  return { topic: "payments", key, value, headers: { "content-type": "text/plain" } };
}

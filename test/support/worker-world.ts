/** A shard worker between an event store and a log in memory, both of which fail on demand; tests hand it batches. */
import { createCommitTail } from "../../src/actors/commit-tail.ts";
import { foldCommits } from "../../src/actors/fold-commits.ts";
import type { EventStore, LogRecord, NewRecord, Topic } from "../../src/actors/ports.ts";
import { createShardWorker } from "../../src/actors/shard-worker.ts";
import { shardOf } from "../../src/actors/sharding.ts";
import type { Watermarks } from "../../src/actors/watermarks.ts";
import type { Message } from "../../src/domain/messages.ts";
import type { Order } from "../../src/domain/order.ts";
import { withFaults } from "./memory/faults.ts";
import { createManualClock } from "./memory/manual-clock.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { TERMS } from "./order-messages.ts";

export type WorkerWorld = ReturnType<typeof createWorkerWorld>;

/** @param options `eventStore` is given to let several workers write the same shards. */
export function createWorkerWorld(options: { shards?: number; liveOrders?: number; eventStore?: EventStore } = {}) {
  const { shards = 1, liveOrders = 100, eventStore = createMemoryEventStore() } = options;
  const clock = createManualClock();
  const metrics = createRecordedMetrics();
  const store = withFaults(eventStore);
  const log = withFaults(createMemoryMessageLog({ clock, shards }));
  const tail = createCommitTail({ eventStore, shards });
  const observed: { readonly shard: number; readonly record: LogRecord; readonly message: Message }[] = [];
  const watermarks: Pick<Watermarks, "observe"> = {
    observe: (shard, processed) => observed.push(...processed.map((arrival) => ({ shard, ...arrival }))),
  };
  const worker = createShardWorker({
    eventStore: store.port,
    log: log.port,
    codec: plainCodec,
    tail,
    watermarks,
    clock,
    terms: TERMS,
    metrics,
    shards,
    liveOrdersPerShard: liveOrders,
  });
  const nextOffset = new Map<Topic, number>();

  /** The record as the log of a shard would hand it out. */
  const arrived = (record: NewRecord, shard = shardOf(record.key, shards)): LogRecord => {
    const offset = nextOffset.get(record.topic) ?? 0;
    nextOffset.set(record.topic, offset + 1);
    return { ...record, shard, offset, timestampMs: clock.nowMs() };
  };

  return {
    clock,
    metrics,
    store,
    log,
    tail,
    worker,
    /** What the watermarks were told of. */
    observed,
    arrived,
    /** Hands messages of one shard to the worker as one batch. */
    deliver(...messages: readonly Message[]): Promise<void> {
      const records = messages.map((message) => arrived(plainCodec.encode(message)));
      return worker.onBatch({ shard: records[0]?.shard ?? 0, records });
    },
    /** Hands over records as they are. */
    deliverRecords(...records: readonly LogRecord[]): Promise<void> {
      return worker.onBatch({ shard: records[0]?.shard ?? 0, records });
    },
    stored: (shard = 0) => eventStore.readShard(shard, 0, 10_000),
    async orderOf(orderId: string): Promise<Order> {
      return foldCommits((await eventStore.readOrders(shardOf(orderId, shards), [orderId])).get(orderId) ?? []);
    },
    async produced(topic: Topic): Promise<readonly LogRecord[]> {
      const ofShards = Array.from({ length: shards }, (_, shard) => log.port.read(topic, shard, 0, 10_000));
      return (await Promise.all(ofShards)).flat();
    },
  };
}

/** An order id that belongs to a shard. */
export function orderIdOn(shard: number, shards: number, prefix = "order"): string {
  for (let i = 1; ; i++) if (shardOf(`${prefix}-${i}`, shards) === shard) return `${prefix}-${i}`;
}

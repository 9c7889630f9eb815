/** The front door and the order reader over ports in memory. Nothing is processed or projected until a test says so. */
import { createAcceptedOrders } from "../../src/actors/accepted-orders.ts";
import { createCommitTail } from "../../src/actors/commit-tail.ts";
import { createFrontDoor, type FrontDoorDeps } from "../../src/actors/front-door.ts";
import { createMailQueue, MAIL_QUEUE } from "../../src/actors/mail-queue.ts";
import { createOrderReader } from "../../src/actors/order-reader.ts";
import { createOwnedShards } from "../../src/actors/owned-shards.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import { INBOX_TOPICS } from "../../src/actors/ports.ts";
import { createProjector, projectorName } from "../../src/actors/projector.ts";
import { createReactor, type HandleCommits } from "../../src/actors/reactor.ts";
import { createShardWorker } from "../../src/actors/shard-worker.ts";
import type { Message } from "../../src/domain/messages.ts";
import { withFaults } from "./memory/faults.ts";
import { createFullMailSender } from "./memory/full-mail-sender.ts";
import { createManualClock, settled } from "./memory/manual-clock.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";
import { CATALOGUE, TERMS } from "./order-messages.ts";

const SHARDS = 2;
const ALL_SHARDS = [0, 1];

export async function createFrontDoorWorld() {
  const clock = createManualClock();
  const random = createSeededRandom();
  const metrics = createRecordedMetrics();
  const log = withFaults(createMemoryMessageLog({ clock, shards: SHARDS }));
  const eventStore = createMemoryEventStore();
  const ledger = createMemoryMailLedger();
  const viewStore = createMemoryViewStore({ ledger });
  await activeOrdersVersion(viewStore);
  const tail = createCommitTail({ eventStore, shards: SHARDS });
  const accepted = createAcceptedOrders(100);
  let watchers = 0;
  const watchOrder: typeof tail.watchOrder = (orderId, listener) => {
    const unwatch = tail.watchOrder(orderId, listener);
    watchers += 1;
    return () => {
      watchers -= 1;
      unwatch();
    };
  };
  const stores = { eventStore, viewStore, ledger, log: log.port };
  // The worker runs in this process: no commit comes from elsewhere.
  const remoteCommits = { watch: () => () => {} };
  const reader = createOrderReader({ ...stores, tail: { watchOrder }, remoteCommits, accepted, clock, shards: SHARDS });
  const deps: FrontDoorDeps = {
    log: log.port,
    orderReader: reader,
    accepted,
    hasCaughtUp: () => true,
    codec: plainCodec,
    catalogue: CATALOGUE,
    clock,
    random,
    orderIdFromKey: (key) => `order-of-${key}`,
  };
  const worker = createShardWorker({
    ...deps,
    eventStore,
    tail,
    watermarks: { observe() {} },
    metrics,
    terms: TERMS,
    shards: SHARDS,
    liveOrdersPerShard: 100,
  });

  return {
    clock,
    shards: SHARDS,
    log,
    /** How many watch an order now. */
    watchers: () => watchers,
    reader,
    frontDoor: createFrontDoor(deps),
    /** Another front door over the same stores, for example after prices changed. */
    createFrontDoor: (changes: Partial<FrontDoorDeps>) => createFrontDoor({ ...deps, ...changes }),
    /** Forgets what this process took, as a restart does. */
    forgetAccepted: () => accepted.clear(),
    produce: (...messages: readonly Message[]) => log.port.produce(messages.map(plainCodec.encode)),
    /** Lets the workers process everything that waits in the inbox. */
    async process(): Promise<void> {
      const consumer = await log.port.consumeInbox(worker);
      await settled();
      await consumer.stop();
    },
    /** Brings the mail queue and the orders view up to date. */
    async project(): Promise<void> {
      const runToEnd = async (name: string, handle: HandleCommits): Promise<void> => {
        const loadCheckpoint = (reactor: string) => viewStore.checkpoint(reactor);
        const reactor = createReactor({
          name,
          shards: createOwnedShards(ALL_SHARDS),
          tail,
          eventStore,
          loadCheckpoint,
          handle,
          clock,
          random,
          metrics,
        });
        await reactor.runToEnd(() => {});
      };
      await runToEnd(MAIL_QUEUE, createMailQueue({ viewStore, mailSender: createFullMailSender() }));
      const projector = createProjector({ eventStore, viewStore, ordersVersion: 1, capacity: 100 });
      await runToEnd(projectorName(1), projector);
    },
    /** Every message in the inbox, read or not. */
    async inbox(): Promise<readonly Message[]> {
      const reads = INBOX_TOPICS.flatMap((topic) => ALL_SHARDS.map((shard) => log.port.read(topic, shard, 0, 1_000)));
      return (await Promise.all(reads)).flat().map(({ value }) => JSON.parse(value as string) as Message);
    },
  };
}

/** The read side in memory: a shard log, the views, the mail ledger, and projectors that a test runs and restarts. */
import { createCommitTail } from "../../src/actors/commit-tail.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import type { MailEntry, ViewDocument } from "../../src/actors/ports.ts";
import { createProjector, projectorName } from "../../src/actors/projector.ts";
import { createReactor } from "../../src/actors/reactor.ts";
import { ORDERS_VIEW, TIMERS, type TimerDocument } from "../../src/actors/views.ts";
import type { Message } from "../../src/domain/messages.ts";
import { createShardHistory } from "./commits.ts";
import { withFaults } from "./memory/faults.ts";
import { createManualClock } from "./memory/manual-clock.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";

export async function createProjectionWorld({ capacity = 100 }: { capacity?: number } = {}) {
  const clock = createManualClock();
  const random = createSeededRandom();
  const metrics = createRecordedMetrics();
  const events = withFaults(createMemoryEventStore());
  const eventStore = events.port;
  const ledger = createMemoryMailLedger();
  const views = withFaults(createMemoryViewStore({ ledger }));
  const viewStore = views.port;
  const history = createShardHistory();
  let mailsAnnounced = 0;
  await activeOrdersVersion(viewStore);

  const documentsOf = async (version = 1): Promise<ReadonlyMap<string, ViewDocument>> => {
    const orderIds = [...new Set(history.commits.map(({ orderId }) => orderId))];
    return viewStore.getMany({ view: ORDERS_VIEW.name, version }, orderIds);
  };

  /** A projector with an empty memory. */
  const newProjector = () =>
    createProjector({
      eventStore,
      viewStore,
      ordersVersion: 1,
      capacity,
      onMailQueued: () => {
        mailsAnnounced += 1;
      },
    });

  return {
    clock,
    random,
    metrics,
    events,
    eventStore,
    views,
    viewStore,
    ledger,
    history,
    documentsOf,
    mailsAnnounced: () => mailsAnnounced,
    /** Lets orders decide about messages and stores the commits. */
    async happen(...messages: readonly Message[]): Promise<void> {
      await eventStore.append(history.add(...messages));
    },
    createProjector: newProjector,
    /** Runs a projector with an empty memory from its checkpoint to the end of the shard. */
    async project(): Promise<void> {
      const reactor = createReactor({
        name: projectorName(1),
        shards: [0],
        tail: createCommitTail({ eventStore, shards: 1 }),
        loadCheckpoint: (name) => viewStore.checkpoint(name),
        handle: newProjector(),
        clock,
        random,
        metrics,
      });
      await reactor.runToEnd(() => {});
    },
    reset: () => viewStore.resetCheckpoint(projectorName(1)),
    async timers(): Promise<readonly TimerDocument[]> {
      const query = { where: {}, sortBy: "dueAtMs", direction: "ascending", limit: 1_000 } as const;
      return (await viewStore.list(TIMERS, query)).map(({ document }) => document as unknown as TimerDocument);
    },
    mailsOf: (orderId: string): Promise<readonly MailEntry[]> => ledger.ofOrder(0, orderId),
  };
}

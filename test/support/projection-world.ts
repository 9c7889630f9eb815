/** The read side in memory: a shard log, the views, the mail ledger, and projectors that a test runs and restarts. */
import { createCommitTail } from "../../src/actors/commit-tail.ts";
import { createMailQueue, MAIL_QUEUE, messageIdOf } from "../../src/actors/mail-queue.ts";
import { createOwnedShards } from "../../src/actors/owned-shards.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import type { MailEntry, ViewDocument } from "../../src/actors/ports.ts";
import { createProjector, projectorName } from "../../src/actors/projector.ts";
import { createReactor, type HandleCommits } from "../../src/actors/reactor.ts";
import { ORDERS_VIEW, TIMERS, type TimerDocument } from "../../src/actors/views.ts";
import type { Message } from "../../src/domain/messages.ts";
import { createShardHistory } from "./commits.ts";
import { withFaults } from "./memory/faults.ts";
import { createFullMailSender } from "./memory/full-mail-sender.ts";
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
  const mailSender = createFullMailSender();
  await activeOrdersVersion(viewStore);

  const documentsOf = async (version = 1): Promise<ReadonlyMap<string, ViewDocument>> => {
    const orderIds = [...new Set(history.commits.map(({ orderId }) => orderId))];
    return viewStore.getMany({ view: ORDERS_VIEW.name, version }, orderIds);
  };

  /** A projector with an empty memory. */
  const newProjector = () => createProjector({ eventStore, viewStore, ordersVersion: 1, capacity });

  /** A mail queue without a past. */
  const newMailQueue = () => createMailQueue({ viewStore, mailSender });

  /** Runs a reactor from its checkpoint to the end of the shard. */
  const runToEnd = async (name: string, handle: HandleCommits): Promise<void> => {
    const tail = createCommitTail({ eventStore, shards: 1 });
    const loadCheckpoint = (reactor: string) => viewStore.checkpoint(reactor);
    const shards = createOwnedShards([0]);
    const tools = { tail, eventStore, loadCheckpoint, clock, random, metrics };
    await createReactor({ name, shards, handle, ...tools }).runToEnd(() => {});
  };

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
    mailsAnnounced: () => mailSender.wakeUps(),
    /** Lets orders decide about messages and stores the commits. */
    async happen(...messages: readonly Message[]): Promise<void> {
      await eventStore.append(history.add(...messages));
    },
    createProjector: newProjector,
    /** Runs a mail queue and a projector, both with an empty memory, from their checkpoints to the end of the shard. */
    async project(): Promise<void> {
      await runToEnd(MAIL_QUEUE, newMailQueue());
      await runToEnd(projectorName(1), newProjector());
    },
    async reset(): Promise<void> {
      await viewStore.resetCheckpoint(MAIL_QUEUE);
      await viewStore.resetCheckpoint(projectorName(1));
    },
    async timers(): Promise<readonly TimerDocument[]> {
      const query = { where: {}, sortBy: "dueAtMs", direction: "ascending", limit: 1_000 } as const;
      return (await viewStore.list(TIMERS, query)).map(({ document }) => document as unknown as TimerDocument);
    },
    mailsOf: (orderId: string): Promise<readonly MailEntry[]> => ledger.get([messageIdOf(orderId, "confirmation")]),
  };
}

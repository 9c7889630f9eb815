/**
 * The pipeline of one process, from the inbox to its effects: worker → shard log → mail queue and sender,
 * projector, publisher, timers. Data flows one way; everything after the worker follows from stored commits.
 */
import type { Catalogue } from "../domain/catalogue.ts";
import { createAcceptedOrders } from "./accepted-orders.ts";
import { watchCatchUp } from "./catch-up.ts";
import { createCommitTail } from "./commit-tail.ts";
import { createFrontDoor, type FrontDoor } from "./front-door.ts";
import { createMailQueue, MAIL_QUEUE } from "./mail-queue.ts";
import { createMailSender } from "./mail-sender.ts";
import type { MessageCodec } from "./message-codec.ts";
import { createOrderReader, type OrderReader } from "./order-reader.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type { Clock, EventStore, InboxConsumer, Mailer, MailLedger, MessageLog, Random, ViewStore } from "./ports.ts";
import { createProjector, projectorName } from "./projector.ts";
import { createPublisher, PUBLISHER } from "./publisher.ts";
import { createReactor, type HandleCommits, type Reactor } from "./reactor.ts";
import { type ReactorLag, readReactorLag } from "./reactor-lag.ts";
import { createShardWorker } from "./shard-worker.ts";
import { createTimerReactor } from "./timers.ts";
import { ORDERS_VIEW, TIMERS, TIMERS_VIEW } from "./views.ts";

/** Submissions that are remembered at the front door; more than can be unprocessed at once. */
const ACCEPTED_ORDERS = 10_000;
/** Order actors kept live per shard, as many as one batch can touch. */
const LIVE_ORDERS_PER_SHARD = 500;
const PROJECTED_ORDERS = 4_000;

/** Lists and published events may be this late: an order's commits then often share one batch. */
const GATHER_MS = 20;

export interface PipelineDeps {
  readonly log: MessageLog;
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ledger: MailLedger;
  readonly mailer: Mailer;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: PipelineMetrics;
  readonly catalogue: Catalogue;
  readonly orderIdFromKey: (idempotencyKey: string) => string;
  readonly shards: number;
  readonly paymentWindowMs: number;
  readonly watermarkMs: number;
  readonly mail: {
    readonly unknownPolicy: "resend" | "hold";
    readonly concurrency: number;
  };
}

export interface Pipeline {
  readonly frontDoor: FrontDoor;
  readonly orderReader: OrderReader;
  reactorLag(): Promise<readonly ReactorLag[]>;
  liveOrders(): number;
  /** True while the inbox is consumed. */
  isConsuming(): boolean;
  /** Finishes what is in progress, from the inbox to the mails, and stops. Idempotent. */
  stop(): Promise<void>;
}

/** The version of the orders view that is read; the first start creates it. */
export async function activeOrdersVersion(viewStore: ViewStore): Promise<number> {
  await viewStore.define(TIMERS_VIEW, TIMERS.version);
  const active = await viewStore.activeVersion(ORDERS_VIEW.name);
  const version = active ?? 1;
  await viewStore.define(ORDERS_VIEW, version);
  if (active === null) await viewStore.activate({ view: ORDERS_VIEW.name, version });
  return version;
}

/** Starts every part; the inbox comes last, so that nothing flows into a part that is not there yet. */
export async function startPipeline(deps: PipelineDeps): Promise<Pipeline> {
  const { log, eventStore, viewStore, ledger, mailer, codec, clock, random, metrics, catalogue, shards } = deps;
  const shardNumbers = Array.from({ length: shards }, (_, shard) => shard);
  const ordersVersion = await activeOrdersVersion(viewStore);
  const tail = createCommitTail({ eventStore, shards });
  const accepted = createAcceptedOrders(ACCEPTED_ORDERS);

  const mailSender = createMailSender({
    ledger,
    mailer,
    log,
    codec,
    clock,
    random,
    metrics,
    shards: shardNumbers,
    owner: random.id(),
    exclusive: true,
    unknownPolicy: deps.mail.unknownPolicy,
    concurrency: deps.mail.concurrency,
  });
  const reactor = (name: string, handle: HandleCommits, gatherMs = 0): Reactor =>
    createReactor({
      name,
      handle,
      gatherMs,
      shards: shardNumbers,
      tail,
      loadCheckpoint: (reactorName) => viewStore.checkpoint(reactorName),
      clock,
      random,
      metrics,
    });
  const projector = createProjector({
    eventStore,
    viewStore,
    ordersVersion,
    capacity: PROJECTED_ORDERS,
  });
  const mailQueue = createMailQueue({ viewStore, onMailQueued: () => mailSender.wake() });
  const reactors = [
    reactor(MAIL_QUEUE, mailQueue),
    reactor(projectorName(ordersVersion), projector, GATHER_MS),
    reactor(PUBLISHER, createPublisher({ log, viewStore }), GATHER_MS),
  ];
  const timers = createTimerReactor({ viewStore, log, codec, clock, metrics, watermarkMs: deps.watermarkMs });
  const worker = createShardWorker({
    eventStore,
    log,
    codec,
    tail,
    clock,
    metrics,
    shards,
    terms: { catalogue, paymentWindowMs: deps.paymentWindowMs },
    liveOrdersPerShard: LIVE_ORDERS_PER_SHARD,
  });
  const orderReader = createOrderReader({ eventStore, viewStore, ledger, log, tail, accepted, clock, shards });
  const { orderIdFromKey } = deps;
  const catchUp = await watchCatchUp({ log, clock });
  const frontDoor = createFrontDoor({
    log,
    orderReader,
    accepted,
    hasCaughtUp: () => catchUp.isDone(),
    codec,
    catalogue,
    clock,
    random,
    orderIdFromKey,
  });

  mailSender.start();
  for (const { start } of reactors) start();
  timers.start();
  let consumer: InboxConsumer | null = await log.consumeInbox(worker);

  return {
    frontDoor,
    orderReader,
    reactorLag: () => readReactorLag({ reactors, eventStore, tail, shards: shardNumbers }),
    liveOrders: () => worker.liveOrders(),
    isConsuming: () => consumer !== null,
    async stop() {
      const stopping = consumer;
      consumer = null;
      catchUp.stop();
      await stopping?.stop();
      await Promise.all([timers.stop(), ...reactors.map(({ stop }) => stop())]);
      await mailSender.stop();
    },
  };
}

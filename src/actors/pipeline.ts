/**
 * The pipeline of one process, from the inbox to its effects: worker → shard log → mail queue and sender,
 * projector, publisher, timers. Data flows one way; everything after the worker follows from stored commits.
 * Processes share the shards: all that is done for a shard is done where the log says that it belongs.
 */
import type { Catalogue } from "../domain/catalogue.ts";
import { createAcceptedOrders } from "./accepted-orders.ts";
import { watchCatchUp } from "./catch-up.ts";
import { type CommitTail, createCommitTail } from "./commit-tail.ts";
import { activeLetterVersion, createDeadLetterReader } from "./dead-letter-view.ts";
import { createFrontDoor, type FrontDoor } from "./front-door.ts";
import type { BreakerState } from "./mail-breaker.ts";
import { createMailQueue, MAIL_QUEUE, MAIL_QUEUE_STORE_EVERY_MS } from "./mail-queue.ts";
import { createMailSender } from "./mail-sender.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { ActLog } from "./operators.ts";
import { createOrderReader, type OrderReader } from "./order-reader.ts";
import { createOwnedShards, type OwnedShards } from "./owned-shards.ts";
import { createParkedMessages } from "./parked-messages.ts";
import { createPaymentDesk, PAYMENT_DESK } from "./payment-desk.ts";
import { createPaymentPlacesReader } from "./payment-places.ts";
import { createPaymentWebhooks, type PaymentWebhooks } from "./payment-webhooks.ts";
import type { PipelineMetrics } from "./pipeline-metrics.ts";
import type {
  Clock,
  EventStore,
  InboxConsumer,
  InboxHandlers,
  Mailer,
  MailLedger,
  MessageLog,
  Random,
  ViewStore,
} from "./ports.ts";
import { createProjector, projectorName } from "./projector.ts";
import { createPublisher, PUBLISHER } from "./publisher.ts";
import { createReactor, type HandleCommits, type Reactor, type ReactorDeps } from "./reactor.ts";
import { type ReactorLag, readReactorLag } from "./reactor-lag.ts";
import { createRemoteCommits } from "./remote-commits.ts";
import { createShardWorker } from "./shard-worker.ts";
import { shardOf } from "./sharding.ts";
import { createSteadyClock, type SteadyClock } from "./steady-clock.ts";
import { createTimerReactor } from "./timers.ts";
import { createUsualTimes } from "./usual-times.ts";
import {
  DESK,
  DESK_VIEW,
  ORDERS_VIEW,
  PAYMENT_PLACES,
  PAYMENT_PLACES_VIEW,
  TIMERS,
  TIMERS_VIEW,
  WEBHOOKS,
  WEBHOOKS_VIEW,
} from "./views.ts";
import { createWatermarks, type Watermark, type Watermarks } from "./watermarks.ts";
import { createWhyReader, type WhyReader } from "./why.ts";

/** How much a process remembers at most. What it forgets it reads again: too little is slow, and never wrong. */
export interface Capacities {
  /** Submissions at the front door: more than can be unprocessed at once. */
  readonly acceptedOrders: number;
  /** Order actors kept live per shard: as many as one batch can touch. */
  readonly liveOrdersPerShard: number;
  /** Folded orders of the projector. */
  readonly projectedOrders: number;
  /** Deadlines that were sent. */
  readonly sentDeadlines: number;
  /** Webhooks that were taken: more than are ever unprojected at once. */
  readonly takenWebhooks: number;
}

const CAPACITIES: Capacities = {
  acceptedOrders: 10_000,
  liveOrdersPerShard: 500,
  projectedOrders: 4_000,
  sentDeadlines: 10_000,
  takenWebhooks: 10_000,
};

/** Lists and published events may be this late: an order's commits then often share one batch. */
const GATHER_MS = 250;

export interface PipelineDeps {
  readonly log: MessageLog;
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ledger: MailLedger;
  readonly actLog: ActLog;
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
  /** False in a process that only answers requests: it owns no shard, and sends nothing. */
  readonly works: boolean;
  /** True when this is the only process on its stores. */
  readonly exclusive: boolean;
  readonly mail: {
    readonly unknownPolicy: "resend" | "hold";
    readonly concurrency: number;
    readonly ratePerS: number;
  };
  readonly capacities?: Capacities;
}

export interface Pipeline {
  readonly frontDoor: FrontDoor;
  readonly paymentWebhooks: PaymentWebhooks;
  readonly orderReader: OrderReader;
  readonly whyReader: WhyReader;
  reactorLag(): Promise<readonly ReactorLag[]>;
  /** The watermarks of the shards that belong to this process, as they are now. */
  watermarks(): Promise<readonly Watermark[]>;
  /** The watermark of any shard, in milliseconds since 1970; null while it is unknown. */
  watermarkOf(shard: number): Promise<number | null>;
  liveOrders(): number;
  /** Whether this process uses the mail server or leaves it alone; null where it sends no mails. */
  mailBreaker(): BreakerState | null;
  /** The shards that belong to this process now. */
  ownedShards(): readonly number[];
  /** True while this process does what it is there for: it consumes the inbox, or it only answers requests. */
  isWorking(): boolean;
  /** Finishes what is in progress, from the inbox to the mails, and stops. Idempotent. */
  stop(): Promise<void>;
}

/** The version of the orders view that is read; the first start creates it. */
export async function activeOrdersVersion(viewStore: ViewStore): Promise<number> {
  await viewStore.define(TIMERS_VIEW, TIMERS.version);
  await viewStore.define(WEBHOOKS_VIEW, WEBHOOKS.version);
  await viewStore.define(DESK_VIEW, DESK.version);
  await viewStore.define(PAYMENT_PLACES_VIEW, PAYMENT_PLACES.version);
  const active = await viewStore.activeVersion(ORDERS_VIEW.name);
  const version = active ?? 1;
  await viewStore.define(ORDERS_VIEW, version);
  if (active === null) await viewStore.activate({ view: ORDERS_VIEW.name, version });
  return version;
}

/** Starts every part; the inbox comes last, so that nothing flows into a part that is not there yet. */
export async function startPipeline(deps: PipelineDeps): Promise<Pipeline> {
  const { log, eventStore, viewStore, ledger, codec, clock, random, metrics, shards, works } = deps;
  const { acceptedOrders, liveOrdersPerShard, takenWebhooks } = deps.capacities ?? CAPACITIES;
  const ordersVersion = await activeOrdersVersion(viewStore);
  const lettersVersion = await activeLetterVersion(viewStore);
  const owned = createOwnedShards();
  const tail = createCommitTail({ eventStore, shards });
  const accepted = createAcceptedOrders(acceptedOrders);
  const remoteCommits = createRemoteCommits({ eventStore, tail, owned, clock, metrics });
  const orderReader = createOrderReader({
    eventStore,
    viewStore,
    ledger,
    log,
    tail,
    remoteCommits,
    accepted,
    clock,
    shards,
  });
  const catchUp = await watchCatchUp({ log, clock });
  const frontDoor = createFrontDoor({
    log,
    orderReader,
    accepted,
    hasCaughtUp: () => catchUp.isDone(),
    codec,
    catalogue: deps.catalogue,
    clock,
    random,
    orderIdFromKey: deps.orderIdFromKey,
  });
  // A clock that leapt counts after as long as a payment may take: none of those that were made before it is then lost.
  const steadyClock = createSteadyClock({ clock, holdMs: deps.watermarkMs });
  const watermarks = createWatermarks({ log, viewStore, shards: owned, steadyClock, watermarkMs: deps.watermarkMs });
  const parts = { owned, tail, ordersVersion, lettersVersion, steadyClock, watermarks };
  const effects = works ? startEffects(deps, parts) : null;
  const worker = createShardWorker({
    eventStore,
    log,
    codec,
    tail,
    watermarks,
    clock,
    metrics,
    shards,
    terms: { catalogue: deps.catalogue, paymentWindowMs: deps.paymentWindowMs },
    liveOrdersPerShard,
  });
  let consumer: InboxConsumer | null = works ? await log.consumeInbox(following(worker, owned)) : null;

  return {
    frontDoor,
    paymentWebhooks: createPaymentWebhooks({ log, viewStore, codec, capacity: takenWebhooks }),
    orderReader,
    whyReader: createWhyReader({
      orderReader,
      log,
      watermarkOf: (shard) => watermarks.watermarkOf(shard),
      usualTimes: createUsualTimes({ eventStore, viewStore, clock, shards }),
      parkedMessages: createParkedMessages(viewStore),
      paymentPlaces: createPaymentPlacesReader(viewStore),
      clock,
      shards,
      watermarkMs: deps.watermarkMs,
    }),
    reactorLag: () => readReactorLag({ reactors: effects?.reactors ?? [], eventStore, tail, shards: owned.list() }),
    watermarks: async () => [...(await watermarks.advance()).values()],
    watermarkOf: (shard) => watermarks.watermarkOf(shard),
    liveOrders: () => worker.liveOrders(),
    mailBreaker: () => effects?.mailBreaker() ?? null,
    ownedShards: () => owned.list(),
    isWorking: () => !works || consumer !== null,
    async stop() {
      const stopping = consumer;
      consumer = null;
      catchUp.stop();
      remoteCommits.stop();
      await stopping?.stop();
      await effects?.stop();
    },
  };
}

interface EffectsOn {
  readonly owned: OwnedShards;
  readonly tail: CommitTail;
  readonly ordersVersion: number;
  readonly lettersVersion: number;
  readonly steadyClock: SteadyClock;
  readonly watermarks: Watermarks;
}

/** Starts what follows from stored commits, on the shards that this process owns. */
function startEffects(
  deps: PipelineDeps,
  parts: EffectsOn,
): { readonly reactors: readonly Reactor[]; mailBreaker(): BreakerState; stop(): Promise<void> } {
  const { log, eventStore, viewStore, ledger, actLog, mailer, codec, clock, random, metrics } = deps;
  const { owned, tail, ordersVersion, lettersVersion, steadyClock, watermarks } = parts;
  const { projectedOrders: capacity, sentDeadlines } = deps.capacities ?? CAPACITIES;
  const mailSender = createMailSender({
    ledger,
    eventStore,
    viewStore,
    shardOf: (orderId) => shardOf(orderId, deps.shards),
    mailer,
    log,
    codec,
    clock,
    random,
    metrics,
    shards: owned,
    owner: random.id(),
    exclusive: deps.exclusive,
    unknownPolicy: deps.mail.unknownPolicy,
    concurrency: deps.mail.concurrency,
    ratePerS: deps.mail.ratePerS,
  });
  const reactor = (
    name: string,
    handle: HandleCommits,
    pace: Pick<ReactorDeps, "gatherMs" | "storeEveryMs">,
  ): Reactor =>
    createReactor({
      name,
      handle,
      ...pace,
      shards: owned,
      tail,
      eventStore,
      loadCheckpoint: (reactorName) => viewStore.checkpoint(reactorName),
      clock,
      random,
      metrics,
    });
  const { watermarkMs } = deps;
  const projector = createProjector({ eventStore, viewStore, ordersVersion, capacity });
  const reactors = [
    reactor(MAIL_QUEUE, createMailQueue({ viewStore, mailSender }), { storeEveryMs: MAIL_QUEUE_STORE_EVERY_MS }),
    reactor(projectorName(ordersVersion), projector, { gatherMs: GATHER_MS }),
    reactor(PUBLISHER, createPublisher({ log, viewStore }), { gatherMs: GATHER_MS }),
    reactor(PAYMENT_DESK, createPaymentDesk({ eventStore, viewStore, log, codec, actLog, watermarkMs }), {
      gatherMs: GATHER_MS,
    }),
  ];
  const timers = createTimerReactor({
    viewStore,
    log,
    codec,
    clock,
    steadyClock,
    watermarks,
    metrics,
    shards: owned,
    watermarkMs,
    capacity: sentDeadlines,
  });

  const letters = createDeadLetterReader({
    log,
    viewStore,
    version: lettersVersion,
    shards: owned,
    clock,
    random,
    metrics,
  });

  mailSender.start();
  for (const { start } of reactors) start();
  timers.start();
  letters.start();
  return {
    reactors,
    mailBreaker: () => mailSender.breakerState(),
    async stop() {
      await Promise.all([timers.stop(), letters.stop(), ...reactors.map(({ stop }) => stop())]);
      await mailSender.stop();
    },
  };
}

/** The worker's handlers, with the process's ownership kept beside them: a shard's effects begin after its worker is ready. */
function following(worker: InboxHandlers, owned: OwnedShards): InboxHandlers {
  return {
    onBatch: (batch) => worker.onBatch(batch),
    onAssigned(shard) {
      worker.onAssigned(shard);
      owned.take(shard);
    },
    onRevoked(shard) {
      owned.release(shard);
      worker.onRevoked(shard);
    },
  };
}

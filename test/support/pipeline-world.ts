/** The whole pipeline over ports in memory, which survive a restart of it and fail on demand. */
import { type Pipeline, type PipelineDeps, startPipeline } from "../../src/actors/pipeline.ts";
import { withFaults } from "./memory/faults.ts";
import { createManualClock, settled } from "./memory/manual-clock.ts";
import { createMemoryActLog } from "./memory/memory-act-log.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { createScriptedMailer, type ScriptedMailer } from "./memory/scripted-mailer.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";
import { CATALOGUE, PAYMENT_WINDOW_MS } from "./order-messages.ts";

const SHARDS = 2;
export const WATERMARK_MS = 60_000;

/** The calls that the pipeline depends on while it runs. */
export const FAILING_CALLS = [
  "log.produce",
  "log.inboxLag",
  "eventStore.append",
  "eventStore.readOrders",
  "eventStore.readShard",
  "eventStore.head",
  "viewStore.apply",
  "viewStore.checkpoint",
  "ledger.claim",
  "ledger.record",
  "ledger.unreported",
] as const;
type FailingCall = (typeof FAILING_CALLS)[number];

export function createPipelineWorld(options: { mailer?: ScriptedMailer; unknownPolicy?: "resend" | "hold" } = {}) {
  const { mailer = createScriptedMailer(), unknownPolicy = "resend" } = options;
  const clock = createManualClock();
  const random = createSeededRandom();
  const metrics = createRecordedMetrics();
  const memoryLedger = createMemoryMailLedger();
  const log = withFaults(createMemoryMessageLog({ clock, shards: SHARDS }));
  const eventStore = withFaults(createMemoryEventStore());
  const viewStore = withFaults(createMemoryViewStore({ ledger: memoryLedger }));
  const ledger = withFaults(memoryLedger);
  const ports = { log, eventStore, viewStore, ledger };
  const actLog = createMemoryActLog();

  const deps: PipelineDeps = {
    log: log.port,
    eventStore: eventStore.port,
    viewStore: viewStore.port,
    ledger: ledger.port,
    actLog,
    mailer,
    codec: plainCodec,
    clock,
    random,
    metrics,
    catalogue: CATALOGUE,
    orderIdFromKey: (key) => `order-of-${key}`,
    shards: SHARDS,
    paymentWindowMs: PAYMENT_WINDOW_MS,
    watermarkMs: WATERMARK_MS,
    works: true,
    exclusive: true,
    mail: { unknownPolicy, concurrency: 4, ratePerS: 0 },
  };
  return {
    clock,
    metrics,
    mailer,
    actLog,
    /** What every process shares. */
    ports: { log: log.port, eventStore: eventStore.port, viewStore: viewStore.port, ledger: ledger.port },
    /** Makes the next call fail, named as `log.produce`. */
    fail(call: FailingCall, when: "before" | "after"): void {
      const [port, method] = call.split(".") as [keyof typeof ports, never];
      ports[port].fail(method, when);
    },
    async start(): Promise<Pipeline> {
      const pipeline = await startPipeline(deps);
      await settled();
      return pipeline;
    },
    /** The codes of all dead letters, in order. */
    async deadLetters(): Promise<readonly (string | undefined)[]> {
      const ofShards = await Promise.all([0, 1].map((shard) => log.port.read("dead-letters", shard, 0, 10_000)));
      return ofShards.flat().map(({ headers }) => headers["dead-letter-code"]);
    },
    /** The ids of all published events, in order. */
    async publishedIds(): Promise<readonly string[]> {
      const ofShards = await Promise.all([0, 1].map((shard) => log.port.read("order-events", shard, 0, 10_000)));
      return ofShards.flat().map(({ value }) => (JSON.parse(value as string) as { id: string }).id);
    },
  };
}

/**
 * A simulated installation: processes with the real pipeline, over one log, one set of stores and one mail server, and
 * an audit that sees every fact as it becomes durable.
 */
import type { PipelineMetrics } from "../../../src/actors/pipeline-metrics.ts";
import type { Commit, MailLedger, MessageLog, RecordValue, ViewStore } from "../../../src/actors/ports.ts";
import { WATERMARK } from "../../../src/actors/watermarks.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryViewStore } from "../../support/memory/memory-view-store.ts";
import { CATALOGUE } from "../../support/order-messages.ts";
import { checkPublished } from "../audit/at-rest.ts";
import { createExpiryAudit } from "../audit/expiry-audit.ts";
import type { Fail, Violation } from "../audit/fail.ts";
import { createInbox } from "../audit/inbox.ts";
import { createMailAudit } from "../audit/mail-audit.ts";
import { createOrderAudit } from "../audit/order-audit.ts";
import type { ModelTerms } from "../audit/reference-model.ts";
import { createTopicAudit } from "../audit/topic-audit.ts";
import type { Coverage } from "../engine/coverage.ts";
import { createKernel } from "../engine/kernel.ts";
import type { Life } from "../engine/life.ts";
import { createLuck } from "../engine/luck.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { createBroker } from "./broker.ts";
import { createCallFaults } from "./call-faults.ts";
import { createClients } from "./clients.ts";
import { createConsumerGroup } from "./consumer-group.ts";
import { createHistory } from "./history.ts";
import { createMailServer } from "./mail-server.ts";
import { createNetwork } from "./network.ts";
import { createRememberingCodec, orderIdOf } from "./remembering-codec.ts";
import { createSimEventStore } from "./sim-event-store.ts";
import { createSimMessageLog } from "./sim-message-log.ts";
import { createSimProcess, OUTSIDE, type PortsOf } from "./sim-process.ts";
import { reachActLog, reachEventStore, reachMailLedger, reachViewStore } from "./sim-stores.ts";

/** The simulated now at the beginning of every scenario. */
export const START_MS = Date.parse("2026-01-05T12:00:00.000Z");
/** So long after healing, and after a start on a log that is read again, every retry and every news of a shard has come. */
const RECOVERY_MS = 25_000;
/** Ten times what the busiest scenario needs. */
const MAX_STEPS = 250_000;

export type World = ReturnType<typeof createWorld>;

export function createWorld(
  { seed, settings, faults: plannedFaults }: Scenario,
  options: { readonly coverage: Coverage; readonly keepTrace: boolean },
) {
  const { coverage, keepTrace } = options;
  const { shards, maxLatencyMs, paymentWindowMs, watermarkMs, unknownPolicy, mailConcurrency, capacity } = settings;
  const violations: Violation[] = [];
  const fail: Fail = (invariant, detail) => {
    violations.push({ invariant, detail });
    kernel.halt();
  };
  const onBug = (error: unknown): void =>
    fail(
      "A0",
      `a process dies of a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );

  let recoveredAtMs = START_MS + settings.chaosMs + RECOVERY_MS;
  let hasRecovered = false;
  const kernel = createKernel({
    startMs: START_MS,
    seed,
    keepTrace,
    maxSteps: MAX_STEPS,
    onRestless: () => fail("Q0", "the world does not come to rest"),
    onQuiet: () => {
      if (kernel.nowMs() <= recoveredAtMs) return;
      // A leap may have made the last retries late.
      if (hasRecovered) checkPublished({ orders, topics, fail });
      hasRecovered = true;
    },
  });
  const luck = createLuck(seed, kernel);
  const faults = createCallFaults({ faults: plannedFaults, startMs: START_MS, kernel, coverage });
  const healsAtMs = START_MS + settings.chaosMs;
  const network = createNetwork({
    kernel,
    luck,
    faults,
    maxLatencyMs,
    healsAtMs,
    crash: (life, downMs) => processes.find((process) => process.isAlive(life))?.crash(downMs),
  });

  const terms: ModelTerms = {
    prices: new Map(CATALOGUE.items.map(({ sku, priceMinor }) => [sku, priceMinor])),
    currency: CATALOGUE.currency,
    paymentWindowMs,
  };
  const codec = createRememberingCodec();
  const inbox = createInbox({ shards, codec });
  const orders = createOrderAudit({ inbox, kernel, terms, coverage, fail });
  const topics = createTopicAudit({ inbox, orders, terms, coverage, fail });
  const mails = createMailAudit({ orders, fail });
  const expiry = createExpiryAudit({
    inbox,
    orders,
    kernel,
    watermarkMs,
    clocksAheadMs: () => Math.max(...processes.map(({ clockAheadMs }) => clockAheadMs())),
    coverage,
    fail,
  });

  const broker = createBroker({
    kernel,
    shards,
    observer: {
      appended(record) {
        kernel.changed(`${record.topic}/${record.shard}/${record.offset} is stored: ${inShort(record.value)}`);
        topics.appended(record);
      },
      committed(partition) {
        kernel.changed(`${partition.topic}/${partition.shard} is committed to ${partition.committedOffset}`);
        topics.committed(partition);
      },
    },
  });
  const eventStore = createSimEventStore({
    onStored(commit) {
      kernel.changed(inWords(commit));
      orders.stored(commit);
      expiry.stored(commit);
    },
    onRefused: (reason) => coverage.hit(`append refused: ${reason}`),
  });
  const actLog = createMemoryActLog();
  const memoryLedger = createMemoryMailLedger();
  const ledger = observeLedger(memoryLedger, kernel.changed);
  const views = observeViews(createMemoryViewStore({ ledger: memoryLedger }), (result, writes, checkpoint) => {
    coverage.hit(`apply ${result}`);
    // That time passes is nothing that happens, and its positions are instants.
    if (checkpoint?.reactor === WATERMARK) return;
    const positions = [...(checkpoint?.positions ?? [])].map(([shard, position]) => `${shard} to ${position}`);
    kernel.changed(`${checkpoint?.reactor ?? "nobody"} applies ${writes} writes, ${positions.join(", ")}: ${result}`);
    for (const [shard, position] of checkpoint?.positions ?? []) {
      const readsLetters = checkpoint?.reactor.startsWith("dead-letters") === true;
      const head = readsLetters
        ? broker.partition("dead-letters", shard).records.length
        : eventStore.commits(shard).length;
      if (position > head) fail("A3", `${checkpoint?.reactor} is at ${position} of ${head} on shard ${shard}`);
    }
  });
  const mailServer = createMailServer({
    kernel,
    luck,
    network,
    faults,
    maxLatencyMs,
    onDelivered(mail) {
      kernel.changed(`${mail.messageId} is delivered`);
      mails.delivered(mail);
    },
  });
  const group = createConsumerGroup({ ...settings, kernel, luck, network, coverage, eager: settings.eagerRebalance });

  const metrics: PipelineMetrics = {
    message: (topic, result) => coverage.hit(`message ${topic} ${result}`),
    order: (status) => coverage.hit(`order comes into ${status}`),
    mail: (outcome) => coverage.hit(`mail ${outcome}`),
    reactor() {},
    deadLetter: ({ topic, code }) => coverage.hit(`dead letter of ${topic}: ${code}`),
    error: (code, where) => coverage.hit(`error ${code} at ${where}`),
  };
  const logOf = (life: Life): MessageLog =>
    createSimMessageLog({
      ...settings,
      takesStaleOffsets: () => settings.takesStaleOffsets && kernel.nowMs() < healsAtMs,
      life,
      kernel,
      luck,
      network,
      broker,
      group,
      coverage,
      onBug,
    });
  const portsOf =
    (role: (typeof settings.processes)[number]): PortsOf =>
    (life) => ({
      log: logOf(life),
      eventStore: reachEventStore({ life, network, luck }, eventStore),
      viewStore: reachViewStore({ life, network, luck }, views),
      ledger: reachMailLedger({ life, network, luck }, ledger),
      actLog: reachActLog({ life, network, luck }, actLog),
      mailer: mailServer.mailerFor(life),
      codec,
      metrics,
      catalogue: CATALOGUE,
      orderIdFromKey: orderIdOf,
      shards,
      paymentWindowMs,
      watermarkMs,
      works: role !== "api",
      exclusive: settings.processes.length === 1,
      mail: { unknownPolicy, concurrency: mailConcurrency, ratePerS: 0 },
      capacities: {
        acceptedOrders: capacity,
        liveOrdersPerShard: capacity,
        projectedOrders: capacity,
        sentDeadlines: capacity,
        takenWebhooks: capacity,
      },
    });
  const processes = settings.processes.map((role, index) =>
    createSimProcess({
      name: `process ${index}`,
      kernel,
      luck,
      network,
      coverage,
      portsOf: portsOf(role),
      onSilent: (life) => group.silent(life),
      onBug,
    }),
  );
  const history = createHistory();
  const clients = createClients({
    kernel,
    luck,
    network,
    broker,
    log: logOf(OUTSIDE),
    doors: processes.filter((_, index) => settings.processes[index] !== "worker"),
    inbox,
    history,
    coverage,
    startMs: START_MS,
    paymentWindowMs,
    shards,
    fail,
  });
  return {
    kernel,
    faults,
    network,
    broker,
    eventStore,
    ledger,
    views,
    group,
    processes,
    clients,
    history,
    inbox,
    orders,
    topics,
    mails,
    mailServer,
    terms,
    violations,
    fail,
    onBug,
    coverage,
    /** From now on the processes need a while to get to work, as they do when everything heals. */
    startsOver() {
      recoveredAtMs = kernel.nowMs() + RECOVERY_MS;
      hasRecovered = false;
    },
  };
}

function inShort(value: RecordValue): string {
  return typeof value === "string" ? value.slice(0, 120) : `${value.length} bytes`;
}

function inWords({ shard, position, orderId, sequence, causeId, events }: Commit): string {
  const types = events.map(({ type }) => type).join(", ");
  return `shard ${shard} takes ${position}: order ${orderId} from ${sequence} on, for ${causeId}: ${types}`;
}

function observeViews(
  views: ViewStore,
  onApplied: (result: string, writes: number, checkpoint: Parameters<ViewStore["apply"]>[1]) => void,
): ViewStore {
  return {
    ...views,
    async apply(writes, checkpoint) {
      const result = await views.apply(writes, checkpoint);
      onApplied(result.type, writes.length, checkpoint);
      return result;
    },
  };
}

function observeLedger(ledger: MailLedger, onChange: (what: string) => void): MailLedger {
  return {
    ...ledger,
    async claim(request) {
      const attempts = await ledger.claim(request);
      if (attempts.length > 0)
        onChange(`${request.owner} claims ${attempts.map(({ mail }) => mail.messageId).join(", ")}`);
      return attempts;
    },
    async record(outcomes) {
      await ledger.record(outcomes);
      const words = outcomes.map(({ messageId, attempt, outcome }) => `${messageId} ${attempt} ${outcome.type}`);
      onChange(`the ledger has ${words.join(", ")}`);
    },
    async abandon(request) {
      const lost = await ledger.abandon(request);
      if (lost.length > 0) onChange(`the ledger gives up ${lost.join(", ")}`);
      return lost;
    },
  };
}

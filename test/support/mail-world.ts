/** A mail sender between a ledger, a mail server and a log in memory; tests queue mails and move the time. */
import { createMailSender, type MailSenderDeps } from "../../src/actors/mail-sender.ts";
import { createOwnedShards } from "../../src/actors/owned-shards.ts";
import type { MailAttempt, MailClaim, MailEntry, Mailer, QueuedMail } from "../../src/actors/ports.ts";
import { withFaults } from "./memory/faults.ts";
import { createManualClock, settled } from "./memory/manual-clock.ts";
import { createMemoryEventStore } from "./memory/memory-event-store.ts";
import { createMemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { createMemoryViewStore } from "./memory/memory-view-store.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createRecordedMetrics } from "./memory/recorded-metrics.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";
import { CUSTOMER, mailIdOf, TOTAL } from "./order-messages.ts";

export function createMailWorld() {
  const clock = createManualClock();
  const random = createSeededRandom();
  const metrics = createRecordedMetrics();
  const memory = createMemoryMailLedger();
  const ledger = withFaults(memory);
  const log = withFaults(createMemoryMessageLog({ clock, shards: 1 }));

  return {
    clock,
    metrics,
    ledger,
    log,
    /** Puts a mail in as a view store does, claimed or not. */
    put: (mail: QueuedMail, claim?: MailClaim): readonly MailAttempt[] => memory.enqueue(mail, claim),
    /** Queues the confirmation of an order. */
    queue(orderId: string, queuedAtMs = clock.nowMs()): void {
      const messageId = mailIdOf(orderId);
      const mail = { kind: "confirmation", messageId, orderId, customer: CUSTOMER, lines: [], total: TOTAL } as const;
      memory.enqueue({ shard: 0, queuedAtMs, mail });
    },
    /** Starts a sender; by default the only process, which sends unknown mails again. */
    async start(mailer: Mailer, changes: Partial<MailSenderDeps> = {}) {
      const sender = createMailSender({
        ledger: ledger.port,
        eventStore: createMemoryEventStore(),
        viewStore: createMemoryViewStore({ ledger: memory }),
        shardOf: () => 0,
        mailer,
        log: log.port,
        codec: plainCodec,
        clock,
        random,
        metrics,
        shards: createOwnedShards([0]),
        owner: random.id(),
        exclusive: true,
        unknownPolicy: "resend",
        concurrency: 4,
        ratePerS: 0,
        ...changes,
      });
      sender.start();
      await settled();
      return sender;
    },
    async entryOf(orderId: string): Promise<MailEntry | undefined> {
      return (await memory.get([mailIdOf(orderId)]))[0];
    },
    /** What the sender told the orders, as messages in the log. */
    async reports(): Promise<readonly unknown[]> {
      return (await log.port.read("order-commands", 0, 0, 1_000)).map(({ value }) => JSON.parse(value as string));
    },
  };
}

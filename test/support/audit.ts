/**
 * Audits the stores of a service that has come to rest. What the stores say of each other is compared by the product's own
 * reconciliation, whose tests plant every kind of discrepancy. What the stores cannot know is compared here: the orders
 * that were acknowledged, what the mail server got, and how many dead letters there must be. It reads through the ports,
 * so it says the same of the embedded store and of the engines.
 */

import { messageIdOf } from "../../src/actors/mail-queue.ts";
import type { Commit, LogRecord, MailEntry, Topic } from "../../src/actors/ports.ts";
import { reconcile } from "../../src/actors/reconcile.ts";
import { openEmbeddedStores } from "../../src/embedded-stores.ts";
import { systemClock } from "../../src/infra/system-clock.ts";
import { messageCodec } from "../../src/schemas/inbox-messages.ts";
import type { Stores } from "../../src/stores.ts";

const PAGE = 1_000;

export type AuditedStores = Pick<Stores, "log" | "eventStore" | "viewStore" | "ledger">;

export interface AuditOptions {
  readonly shards: number;
  /** The ids of orders that were acknowledged and paid in full. */
  readonly acknowledged: readonly string[];
  /** How many times each Message-ID was delivered. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** How many records must have been kept as dead letters; 0 unless told. */
  readonly deadLetters?: number;
}

export interface Audit {
  readonly orders: ReadonlyMap<string, readonly Commit[]>;
  /** Everything that does not add up, in words. Empty when all is well. */
  readonly findings: readonly string[];
  /** Mails that the ledger says may have been sent twice. */
  readonly unknownMails: ReadonlySet<string>;
  readonly deadLetters: readonly LogRecord[];
}

export async function auditStores(stores: AuditedStores, options: AuditOptions): Promise<Audit> {
  const { shards, acknowledged, deliveries, deadLetters: expectedLetters = 0 } = options;
  const findings: string[] = [];
  const orders = await readOrders(stores, shards);
  findings.push(...(await storesDisagree(stores, shards)));
  for (const orderId of acknowledged) checkEmailedOnce(orderId, orders.get(orderId), findings);
  const deadLetters = await readTopic(stores, "dead-letters", shards);
  if (deadLetters.length !== expectedLetters) {
    const details = deadLetters.map(({ headers }) => JSON.stringify(headers)).join("\n");
    findings.push(`there are ${deadLetters.length} dead letters and not ${expectedLetters}:\n${details}`);
  }
  const unknownMails = await checkMails(stores, orders, deliveries, findings);
  return { orders, findings, unknownMails, deadLetters };
}

/** The same for a data folder whose service has ended. */
export async function auditDataFolder(
  dataDir: string,
  acknowledged: readonly string[],
  deliveries: ReadonlyMap<string, number>,
  { shards = 8, deadLetters = 0 } = {},
): Promise<Audit> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const stores = await openEmbeddedStores({ DATA_DIR: dataDir, SHARDS: shards }, { crash: fail, retriedError: fail });
  try {
    return await auditStores(stores, { shards, acknowledged, deliveries, deadLetters });
  } finally {
    await stores.stop();
  }
}

/** What the product itself finds, and what it still has to do: nothing, in a service at rest. */
async function storesDisagree(stores: AuditedStores, shards: number): Promise<string[]> {
  const { discrepancies, unexplained, money, underWay } = await reconcile({
    ...stores,
    missingIndexes: [],
    codec: messageCodec,
    clock: systemClock,
    shards,
  });
  const found = discrepancies.map(({ kind, subject, detail }) => `${kind}: ${subject}: ${detail}`);
  if (unexplained > discrepancies.length)
    found.push(`${unexplained} unexplained, with the money ${JSON.stringify(money)}`);
  // A service that was stopped may have left what its mail queue, its payment desk or its view of dead letters reads at the
  // next start. No order of such a test needs that any more; money that was on its way would be named apart.
  const left = underWay.filter(({ what }) => !/are not queued|desk does not show|view does not show/.test(what));
  return [...found, ...left.map(({ what, count }) => `there are ${count} ${what}`)];
}

async function readOrders({ eventStore }: AuditedStores, shards: number): Promise<Map<string, Commit[]>> {
  const orders = new Map<string, Commit[]>();
  for (let shard = 0; shard < shards; shard++) {
    let position = 0;
    for (let page = await eventStore.readShard(shard, 0, PAGE); page.length > 0; ) {
      for (const commit of page) orders.set(commit.orderId, [...(orders.get(commit.orderId) ?? []), commit]);
      position = page.at(-1)?.position ?? position;
      page = await eventStore.readShard(shard, position, PAGE);
    }
  }
  return orders;
}

function checkEmailedOnce(orderId: string, commits: readonly Commit[] | undefined, findings: string[]): void {
  if (commits === undefined) {
    findings.push(`acknowledged order ${orderId} is lost`);
    return;
  }
  const types = commits.flatMap(({ events }) => events.map(({ type }) => type));
  for (const type of [
    "OrderReceived",
    "PaymentReceived",
    "OrderPaid",
    "OrderConfirmed",
    "ConfirmationEmailed",
  ] as const) {
    const count = types.filter((candidate) => candidate === type).length;
    if (count !== 1) findings.push(`order ${orderId} has ${type} ${count} times`);
  }
}

/** All records of a topic, shard by shard. */
async function readTopic({ log }: AuditedStores, topic: Topic, shards: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let shard = 0; shard < shards; shard++) {
    let page = await log.read(topic, shard, 0, PAGE);
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      records.push(...page);
      page = await log.read(topic, shard, last.offset + 1, PAGE);
    }
  }
  return records;
}

async function checkMails(
  { ledger }: AuditedStores,
  orders: ReadonlyMap<string, readonly Commit[]>,
  deliveries: ReadonlyMap<string, number>,
  findings: string[],
): Promise<ReadonlySet<string>> {
  const unknownMails = new Set<string>();
  const entries = new Map<string, MailEntry>();
  const messageIds = [...orders.keys()].map((orderId) => messageIdOf(orderId, "confirmation"));
  for (let i = 0; i < messageIds.length; i += PAGE) {
    for (const entry of await ledger.get(messageIds.slice(i, i + PAGE))) {
      entries.set(entry.messageId, entry);
      if (entry.attempts.some(({ outcome }) => outcome?.type === "unknown")) unknownMails.add(entry.messageId);
      if (entry.state === "accepted" && !deliveries.has(entry.messageId)) {
        findings.push(`mail ${entry.messageId} counts as accepted and was not delivered`);
      }
    }
  }
  for (const [orderId, commits] of orders) {
    const messageId = messageIdOf(orderId, "confirmation");
    const isConfirmed = commits.some(({ events }) => events.some(({ type }) => type === "OrderConfirmed"));
    const state = entries.get(messageId)?.state;
    if (isConfirmed && state !== "accepted") findings.push(`order ${orderId} is confirmed and its mail is ${state}`);
    if (!isConfirmed && state !== undefined) findings.push(`order ${orderId} is not confirmed and has a mail`);
  }
  for (const [messageId, count] of deliveries) {
    if (!entries.has(messageId)) findings.push(`mail ${messageId} was delivered and is not in the ledger`);
    if (count > 1 && !unknownMails.has(messageId)) {
      findings.push(`mail ${messageId} was delivered ${count} times and the ledger does not call it unknown`);
    }
  }
  return unknownMails;
}

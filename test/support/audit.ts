/**
 * Compares everything with everything in the stores of a service that has come to rest: acknowledged orders, commits,
 * published events, the orders view, the mail ledger, the inbox and what the mail server got. It reads through the
 * ports, so it says the same of the embedded store and of the engines.
 */

import { isDeepStrictEqual } from "node:util";
import { messageIdOf } from "../../src/actors/mail-queue.ts";
import { foldCommits } from "../../src/actors/order-reader.ts";
import { viewOf } from "../../src/actors/order-view.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import type { Commit, LogRecord, MailEntry, Topic } from "../../src/actors/ports.ts";
import { cloudEventsOf } from "../../src/actors/publisher.ts";
import { shardOf } from "../../src/actors/sharding.ts";
import { ORDERS_VIEW, type OrderDocument } from "../../src/actors/views.ts";
import { openEmbeddedStores } from "../../src/embedded-stores.ts";
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
  const orders = await readOrders(stores, shards, findings);
  for (const [orderId, commits] of orders) checkEffects(orderId, commits, findings);
  for (const orderId of acknowledged) checkEmailedOnce(orderId, orders.get(orderId), findings);
  await checkPublished(stores, orders, shards, findings);
  await checkView(stores, orders, findings);
  await checkInbox(stores, findings);
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

async function readOrders(
  { eventStore }: AuditedStores,
  shards: number,
  findings: string[],
): Promise<Map<string, Commit[]>> {
  const orders = new Map<string, Commit[]>();
  for (let shard = 0; shard < shards; shard++) {
    let position = 0;
    for (let page = await eventStore.readShard(shard, 0, PAGE); page.length > 0; ) {
      for (const commit of page) {
        position += 1;
        if (commit.position !== position) findings.push(`shard ${shard} has a gap before position ${commit.position}`);
        if (shardOf(commit.orderId, shards) !== shard) findings.push(`order ${commit.orderId} is on the wrong shard`);
        const commits = orders.get(commit.orderId) ?? [];
        orders.set(commit.orderId, commits);
        const expected = commits.reduce((sum, { events }) => sum + events.length, 1);
        if (commit.sequence !== expected) findings.push(`order ${commit.orderId} has a gap before ${commit.sequence}`);
        commits.push(commit);
      }
      page = await eventStore.readShard(shard, position, PAGE);
    }
  }
  return orders;
}

/** Every cause and every payment took effect once. */
function checkEffects(orderId: string, commits: readonly Commit[], findings: string[]): void {
  const causes = commits.map(({ causeId }) => causeId);
  const payments = commits
    .flatMap(({ events }) => events)
    .flatMap((event) => (event.type === "PaymentReceived" ? [event.data.paymentId] : []));
  for (const [what, ids] of [
    ["cause", causes],
    ["payment", payments],
  ] as const) {
    const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
    for (const id of repeated) findings.push(`order ${orderId} took ${what} ${id} twice`);
  }
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

async function checkPublished(
  stores: AuditedStores,
  orders: ReadonlyMap<string, readonly Commit[]>,
  shards: number,
  findings: string[],
): Promise<void> {
  const published = new Map<string, string>();
  for (const { value } of await readTopic(stores, "order-events", shards)) {
    const event = String(value);
    const id = idOf(event);
    const before = published.get(id);
    if (before !== undefined && before !== event) findings.push(`event ${id} was published with two contents`);
    published.set(id, event);
  }
  for (const { value } of [...orders.values()].flat().flatMap(cloudEventsOf)) {
    const id = idOf(String(value));
    if (published.get(id) !== value) findings.push(`event ${id} is stored and was not published as it is`);
    published.delete(id);
  }
  for (const id of published.keys()) findings.push(`event ${id} was published and is not stored`);
}

function idOf(event: string): string {
  return (JSON.parse(event) as { id: string }).id;
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

/** The read model shows every order as its events say. */
async function checkView(
  { viewStore }: AuditedStores,
  orders: ReadonlyMap<string, readonly Commit[]>,
  findings: string[],
): Promise<void> {
  const version = await activeOrdersVersion(viewStore);
  const ids = [...orders.keys()];
  for (let i = 0; i < ids.length; i += PAGE) {
    const documents = await viewStore.getMany({ view: ORDERS_VIEW.name, version }, ids.slice(i, i + PAGE));
    for (const orderId of ids.slice(i, i + PAGE)) {
      const commits = orders.get(orderId) as readonly Commit[];
      const times = { receivedAt: commits[0]?.recordedAt as string, updatedAt: commits.at(-1)?.recordedAt as string };
      const expected = viewOf(orderId, foldCommits(commits), times);
      const shown = (documents.get(orderId) as OrderDocument | undefined)?.order;
      if (!isDeepStrictEqual(shown, expected)) {
        findings.push(`the view shows ${JSON.stringify(shown)} and the order's events say ${JSON.stringify(expected)}`);
      }
    }
  }
}

async function checkInbox({ log }: AuditedStores, findings: string[]): Promise<void> {
  for (const { topic, shard, committedOffset, endOffset } of await log.inboxLag()) {
    if (committedOffset < endOffset) {
      findings.push(`shard ${shard} of ${topic} was read to ${committedOffset} of ${endOffset}`);
    }
  }
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

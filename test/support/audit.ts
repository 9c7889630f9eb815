/**
 * Looks into a data folder whose service has ended and compares everything with everything: acknowledged orders,
 * commits, published events, the orders view, the mail ledger and what the mail server got.
 */

import { messageIdOf } from "../../src/actors/mail-queue.ts";
import { foldCommits } from "../../src/actors/order-reader.ts";
import { activeOrdersVersion } from "../../src/actors/pipeline.ts";
import type { Commit, MailEntry } from "../../src/actors/ports.ts";
import { cloudEventsOf } from "../../src/actors/publisher.ts";
import { shardOf } from "../../src/actors/sharding.ts";
import { ORDERS_VIEW, type OrderDocument } from "../../src/actors/views.ts";
import { type EmbeddedStores, openEmbeddedStores } from "../../src/main.ts";

const PAGE = 1_000;

export interface Audit {
  readonly orders: ReadonlyMap<string, readonly Commit[]>;
  /** Everything that does not add up, in words. Empty when all is well. */
  readonly findings: readonly string[];
  /** Mails that the ledger says may have been sent twice. */
  readonly unknownMails: ReadonlySet<string>;
}

/** @param acknowledged the ids of orders that were acknowledged and paid. */
export async function auditDataFolder(
  dataDir: string,
  acknowledged: readonly string[],
  deliveries: ReadonlyMap<string, number>,
  shards = 8,
): Promise<Audit> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const stores = await openEmbeddedStores({ DATA_DIR: dataDir, SHARDS: shards }, { crash: fail, retriedError: fail });
  try {
    const findings: string[] = [];
    const orders = await readOrders(stores, shards, findings);
    for (const orderId of acknowledged) checkEmailedOnce(orderId, orders.get(orderId), findings);
    await checkPublished(stores, orders, shards, findings);
    await checkView(stores, orders, findings);
    const unknownMails = await checkMails(stores, orders, deliveries, findings);
    return { orders, findings, unknownMails };
  } finally {
    await stores.stop();
  }
}

async function readOrders(
  { eventStore }: EmbeddedStores,
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
  { log }: EmbeddedStores,
  orders: ReadonlyMap<string, readonly Commit[]>,
  shards: number,
  findings: string[],
): Promise<void> {
  const published = new Map<string, string>();
  for (let shard = 0; shard < shards; shard++) {
    let offset = 0;
    for (let page = await log.read("order-events", shard, offset, PAGE); page.length > 0; ) {
      for (const { value } of page) {
        const { id } = JSON.parse(value as string) as { id: string };
        const before = published.get(id);
        if (before !== undefined && before !== value) findings.push(`event ${id} was published with two contents`);
        published.set(id, value as string);
      }
      offset = (page.at(-1)?.offset ?? offset) + 1;
      page = await log.read("order-events", shard, offset, PAGE);
    }
  }
  const stored = [...orders.values()].flat().flatMap(cloudEventsOf);
  for (const { value } of stored) {
    const { id } = JSON.parse(value as string) as { id: string };
    if (published.get(id) !== value) findings.push(`event ${id} is stored and was not published as it is`);
    published.delete(id);
  }
  for (const id of published.keys()) findings.push(`event ${id} was published and is not stored`);
}

async function checkView(
  { viewStore }: EmbeddedStores,
  orders: ReadonlyMap<string, readonly Commit[]>,
  findings: string[],
): Promise<void> {
  const version = await activeOrdersVersion(viewStore);
  const ids = [...orders.keys()];
  for (let i = 0; i < ids.length; i += PAGE) {
    const documents = await viewStore.getMany({ view: ORDERS_VIEW.name, version }, ids.slice(i, i + PAGE));
    for (const orderId of ids.slice(i, i + PAGE)) {
      const shown = (documents.get(orderId) as OrderDocument | undefined)?.order;
      const order = foldCommits(orders.get(orderId) ?? []);
      if (shown?.status !== order.status || shown.version !== order.version) {
        findings.push(`the view shows order ${orderId} as ${shown?.status} and its events say ${order.status}`);
      }
    }
  }
}

async function checkMails(
  { ledger }: EmbeddedStores,
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
  for (const [messageId, count] of deliveries) {
    if (!entries.has(messageId)) findings.push(`mail ${messageId} was delivered and is not in the ledger`);
    if (count > 1 && !unknownMails.has(messageId)) {
      findings.push(`mail ${messageId} was delivered ${count} times and the ledger does not call it unknown`);
    }
  }
  return unknownMails;
}

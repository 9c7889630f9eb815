/** Looks at everything the service shows of an order: its state, its events, the listing and the mails. */
import { setTimeout as pause } from "node:timers/promises";
import type { EventAnswer, MailAnswer, OrderAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { repeatedIds } from "./mail-totals.ts";
import type { PlannedOrder } from "./plan.ts";

const LISTING_POLL_MS = 50;

export interface ObservedOrder {
  /** Null when the service has no such order. */
  readonly view: OrderAnswer | null;
  readonly events: readonly EventAnswer[];
  /** The ids of all orders that are listed under the order's address. */
  readonly listedIds: readonly string[];
  /** Null when the service has no dev inbox. */
  readonly mails: readonly MailAnswer[] | null;
  /** The Message-IDs that the service may have sent twice, by its ledger; asked for only when a mail came twice. */
  readonly unknownIds: ReadonlySet<string>;
}

export type ObservingClient = Pick<ApiClient, "order" | "events" | "ordersOf" | "mailsOf" | "ledgerOf">;

/** @param listedByMs until when, by `performance.now()`, the listing may lag behind the order. */
export async function observe(
  client: ObservingClient,
  order: PlannedOrder,
  listedByMs: number,
): Promise<ObservedOrder> {
  const { orderId, customer } = order;
  const view = await client.order(orderId);
  const events = (await client.events(orderId)) ?? [];
  const mails = await client.mailsOf(orderId);
  const idsOf = async (): Promise<readonly string[]> =>
    (await client.ordersOf(customer.email)).map((listed) => listed.orderId);
  let listedIds = await idsOf();
  const isListed = view !== null && view.status !== "awaitingOrder";
  while (isListed && !listedIds.includes(orderId) && performance.now() < listedByMs) {
    await pause(LISTING_POLL_MS);
    listedIds = await idsOf();
  }
  // Only a repeat asks for an explanation, so an ordinary order costs no question more.
  const isRepeated = mails !== null && repeatedIds(mails).length > 0;
  return { view, events, listedIds, mails, unknownIds: isRepeated ? await readUnknownIds(client, orderId) : new Set() };
}

async function readUnknownIds(client: ObservingClient, orderId: string): Promise<ReadonlySet<string>> {
  const ledger = (await client.ledgerOf(orderId)) ?? [];
  const unknown = ledger.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === "unknown"));
  return new Set(unknown.map(({ messageId }) => messageId));
}

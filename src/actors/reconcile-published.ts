/**
 * Compares a shard's published events with its stored ones, side by side in one pass. The publisher keeps the order of the
 * shard log and may repeat itself after a crash, so each record is the next stored event, a repeat of one that was
 * published before, or wrong. Only for records that are not the next one is anything looked up. What is wrong is told as soon
 * as it is known, and nothing of it is kept.
 */

import type { Discrepancy } from "./discrepancy.ts";
import type { Commit, EventStore, LogRecord, MessageLog } from "./ports.ts";
import { cloudEventsOf } from "./publisher.ts";

const PAGE_RECORDS = 500;
/** More missing events than this are told at once, and not told apart from those that come later, out of order. */
const MAX_MISSING = 10_000;
/** Where the log does not say that it deleted older events, events as old as this may have been. */
const RETENTION_MS = 7 * 24 * 3_600_000;

/** An event as a record tells it. */
interface Told {
  readonly id: string;
  /** In JSON the whole event; in Avro its attributes. */
  readonly text: string;
}

interface StoredEvent extends Told {
  readonly position: number;
  readonly index: number;
  readonly orderId: string;
  readonly recordedAtMs: number;
  /** The attributes alone, as a record in Avro has them in its headers. */
  readonly attributes: string;
}

export interface PublishedCheck {
  /** Takes the next commits of the shard. */
  take(commits: readonly Commit[]): Promise<void>;
  /** To be called after the last commit. */
  end(): Promise<{ readonly retired: number; readonly repeated: number }>;
}

/** @param published how far the publisher had come in the shard before anything else was read. */
export function createPublishedCheck(deps: {
  readonly log: Pick<MessageLog, "read">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly shard: number;
  readonly published: number;
  readonly nowMs: number;
  readonly onDiscrepancy: (found: Discrepancy) => void;
}): PublishedCheck {
  const { log, eventStore, shard, published, nowMs, onDiscrepancy } = deps;
  /** The orders of events that may still come out of order, by the events' ids. */
  const missing = new Map<string, string>();
  let retired = 0;
  let repeated = 0;
  let page: readonly LogRecord[] = [];
  let at = 0;
  let isAtEnd = false;
  let hasMatched = false;
  /** Null until the log was asked; false once a record matched, since from there on nothing was deleted. */
  let mayBeRetired: boolean | null = null;
  /** What is stored of the orders of this page's records, read once one of them is not the next event. */
  let stored: ReadonlyMap<string, StoredEvent> | null = null;

  const report = (kind: Discrepancy["kind"], subject: string, orderId: string | null, detail: string): void => {
    onDiscrepancy({ kind, shard, orderId, subject, detail });
  };

  const peek = async (): Promise<LogRecord | null> => {
    if (at < page.length) return page[at] ?? null;
    if (isAtEnd) return null;
    const from = (page.at(-1)?.offset ?? -1) + 1;
    page = await log.read("order-events", shard, from, PAGE_RECORDS);
    mayBeRetired ??= (page[0]?.offset ?? 0) > 0;
    [at, stored] = [0, null];
    isAtEnd = page.length === 0;
    return page[0] ?? null;
  };

  const storedOf = async (id: string): Promise<StoredEvent | undefined> => {
    if (stored === null) {
      const orderIds = [...new Set(page.slice(at).map((record) => orderIdOf(toldBy(record).id)))];
      const commits = [...(await eventStore.readOrders(shard, orderIds)).values()].flat();
      stored = new Map(commits.flatMap(eventsOf).map((event) => [event.id, event]));
    }
    return stored.get(id);
  };

  /** Handles a record that is not `next`; `null` when all stored events have been passed. */
  const handleOther = async (record: LogRecord, next: StoredEvent | null): Promise<"consumed" | "ahead"> => {
    const told = toldBy(record);
    const event = await storedOf(told.id);
    if (event === undefined) {
      report("event_not_stored", told.id, orderIdOf(told.id), `offset ${record.offset} of order-events has it`);
      return "consumed";
    }
    if (next !== null && isBefore(next, event)) return "ahead";
    if (!agrees(told, event)) {
      report("event_differs", told.id, event.orderId, `offset ${record.offset} of order-events has another content`);
    }
    if (missing.delete(told.id)) {
      report("event_out_of_order", told.id, event.orderId, `offset ${record.offset} has it behind later events`);
    } else repeated += 1;
    return "consumed";
  };

  /** Whether an event that no record tells of may be gone because of its age. */
  const isRetired = ({ recordedAtMs }: StoredEvent): boolean =>
    mayBeRetired === true || (mayBeRetired !== null && !hasMatched && nowMs - recordedAtMs > RETENTION_MS);

  const miss = ({ id, orderId }: StoredEvent): void => {
    if (missing.size < MAX_MISSING) missing.set(id, orderId);
    else report("event_not_published", id, orderId, MISSING);
  };

  const takeEvent = async (event: StoredEvent): Promise<void> => {
    for (let record = await peek(); record !== null; record = await peek()) {
      const told = toldBy(record);
      const isNext = told.id === event.id;
      if (isNext && !agrees(told, event)) {
        report("event_differs", event.id, event.orderId, `offset ${record.offset} of order-events has another content`);
      }
      if (isNext) {
        at += 1;
        hasMatched = true;
        mayBeRetired = false;
        return;
      }
      if ((await handleOther(record, event)) === "ahead") break;
      at += 1;
    }
    if (isRetired(event)) retired += 1;
    // What the publisher has not come to waits.
    else if (event.position <= published) miss(event);
  };

  return {
    async take(commits) {
      for (const event of commits.flatMap(eventsOf)) await takeEvent(event);
    },
    async end() {
      for (let record = await peek(); record !== null; record = await peek()) {
        await handleOther(record, null);
        at += 1;
      }
      for (const [id, orderId] of missing) report("event_not_published", id, orderId, MISSING);
      return { retired, repeated };
    },
  };
}

const MISSING = "the publisher has passed it, and order-events does not have it";

function eventsOf(commit: Commit): StoredEvent[] {
  const { position, orderId, recordedAt } = commit;
  return cloudEventsOf(commit).map(({ value }, index) => {
    const text = String(value);
    const event = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const id = String(event["id"]);
    const recordedAtMs = Date.parse(recordedAt);
    return { id, text, position, index, orderId, recordedAtMs, attributes: attributesOf(event) };
  });
}

/** Text is an event in JSON. Bytes are one in Avro: its attributes are headers, and its data is not looked at. */
function toldBy({ value, headers }: LogRecord): Told {
  if (typeof value !== "string") {
    const named = Object.entries(headers).flatMap(([name, text]) =>
      name.startsWith("ce_") ? [[name.slice(3), text]] : [],
    );
    const event = Object.fromEntries(named) as Readonly<Record<string, string>>;
    return { id: event["id"] ?? "", text: attributesOf(event) };
  }
  try {
    const event = JSON.parse(value) as { readonly id?: unknown } | null;
    return { id: typeof event?.id === "string" ? event.id : "", text: value };
  } catch {
    return { id: "", text: value };
  }
}

function attributesOf({ type, sequence, causationid, time }: Readonly<Record<string, unknown>>): string {
  return [type, sequence, causationid, time].join(" ");
}

function agrees({ text }: Told, event: StoredEvent): boolean {
  return text === event.text || text === event.attributes;
}

function isBefore(a: StoredEvent, b: StoredEvent): boolean {
  return a.position < b.position || (a.position === b.position && a.index < b.index);
}

function orderIdOf(eventId: string): string {
  return eventId.slice(0, Math.max(0, eventId.lastIndexOf(":")));
}

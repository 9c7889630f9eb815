/**
 * The order in which records of one topic go out. Each partition is a lane: one send at a time, so records keep their
 * order, and what arrives meanwhile goes together as the next send. A send is one partition only: kafkajs forgets a
 * partition that one broker refused when another broker acknowledged the same send, and reports it as stored.
 */
import type { Clock } from "../../actors/ports.ts";
import type { OutgoingMessage } from "./record-bytes.ts";

/** What became of a send. `notSent` and `tooLarge` are certain: nothing of it was stored. */
export type SendOutcome =
  | { readonly type: "stored" }
  | { readonly type: "tooLarge" }
  | { readonly type: "notSent" | "unknown"; readonly cause: unknown };

export interface WaitingRecord {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  readonly arrivedMs: number;
  settle(outcome: SendOutcome): void;
}

export interface SendLanes {
  add(record: WaitingRecord): void;
}

export interface SendLanesDeps {
  /** Sends messages to one partition, and gives up after `deadlineMs`. Never rejects. */
  readonly send: (partition: number, messages: OutgoingMessage[], deadlineMs: number) => Promise<SendOutcome>;
  readonly clock: Clock;
  /** How many sends may be under way at once, each of another lane. */
  readonly concurrency: number;
  readonly maxSendBytes: number;
}

interface Lane {
  readonly partition: number;
  waiting: WaitingRecord[];
}

const MAX_SEND_RECORDS = 1_000;
/** A record that was taken is stored, refused or given up after so long. */
export const DELIVERY_DEADLINE_MS = 10_000;
/** A send gets so long even when its records have waited nearly all their time. */
const MIN_SEND_MS = 2_000;
const EXPIRY_CHECK_MS = 500;

export function createSendLanes(deps: SendLanesDeps): SendLanes {
  const { send, clock, concurrency, maxSendBytes } = deps;
  const lanes = new Map<number, Lane>();
  /** Lanes with waiting records and no send under way, the longest waiting first. */
  const ready: Lane[] = [];
  const sending = new Set<Lane>();
  let pumping = false;
  let expiring = false;

  /** Records that arrive in one turn of the event loop go out together. */
  const pumpSoon = (): void => {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      pump();
    });
  };

  const pump = (): void => {
    while (sending.size < concurrency) {
      const lane = ready.shift();
      if (lane === undefined) return;
      // Its records may have expired, or a lane that was given back in between may be here twice.
      if (lane.waiting.length === 0 || sending.has(lane)) continue;
      const records = takeSend(lane, maxSendBytes);
      sending.add(lane);
      void deliver(lane.partition, records).finally(() => {
        sending.delete(lane);
        if (lane.waiting.length > 0) ready.push(lane);
        pump();
      });
    }
  };

  /** Sends records; those that are too large together go in halves, until only the one that is too large is left. */
  const deliver = async (partition: number, records: readonly WaitingRecord[]): Promise<void> => {
    const waitedMs = clock.nowMs() - (records[0] as WaitingRecord).arrivedMs;
    const deadlineMs = Math.max(MIN_SEND_MS, DELIVERY_DEADLINE_MS - waitedMs);
    const outcome = await send(
      partition,
      records.map(({ message }) => message),
      deadlineMs,
    );
    if (outcome.type === "tooLarge" && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      await deliver(partition, records.slice(0, half));
      await deliver(partition, records.slice(half));
      return;
    }
    for (const { settle } of records) settle(outcome);
  };

  /** Gives up records that have waited too long behind others: they were never sent. */
  const expireLater = (): void => {
    if (expiring) return;
    expiring = true;
    clock.schedule(EXPIRY_CHECK_MS, () => {
      expiring = false;
      const oldestMs = clock.nowMs() - DELIVERY_DEADLINE_MS;
      for (const lane of lanes.values()) {
        const expired = lane.waiting.filter(({ arrivedMs }) => arrivedMs <= oldestMs);
        if (expired.length > 0) lane.waiting = lane.waiting.filter(({ arrivedMs }) => arrivedMs > oldestMs);
        for (const { settle } of expired)
          settle({ type: "notSent", cause: new Error("it waited too long to be sent") });
      }
      if ([...lanes.values()].some(({ waiting }) => waiting.length > 0)) expireLater();
    });
  };

  return {
    add(record) {
      const { partition } = record.message;
      let lane = lanes.get(partition);
      if (lane === undefined) {
        lane = { partition, waiting: [] };
        lanes.set(partition, lane);
      }
      lane.waiting.push(record);
      if (lane.waiting.length === 1 && !sending.has(lane)) ready.push(lane);
      pumpSoon();
      expireLater();
    },
  };
}

/** Takes what fits into one send; a record that is larger than a send goes alone. */
function takeSend(lane: Lane, maxSendBytes: number): WaitingRecord[] {
  let bytes = 0;
  let count = 0;
  for (const record of lane.waiting) {
    bytes += record.bytes;
    if (count === MAX_SEND_RECORDS || (count > 0 && bytes > maxSendBytes)) break;
    count += 1;
  }
  return lane.waiting.splice(0, count);
}

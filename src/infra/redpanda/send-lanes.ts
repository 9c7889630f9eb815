/**
 * The order in which records of one topic go out. A lane is a fixed group of partitions with one send under way at a time,
 * so records keep their order, and what arrives meanwhile, or in the rest behind it, goes together as the next send.
 * kafkajs can forget a partition that one broker refused while another broker acknowledged the same send: the answer then
 * lacks it, and its records are sent again (docs/decisions/0019-sends-of-many-partitions.md).
 */
import type { Clock } from "../../actors/ports.ts";
import { createTurns } from "../turns.ts";
import type { OutgoingMessage } from "./record-bytes.ts";

/** What became of a record. `notSent` and `tooLarge` are certain: it was not stored. */
export type RecordOutcome =
  | { readonly type: "stored" }
  | { readonly type: "tooLarge" }
  | { readonly type: "notSent" | "unknown"; readonly cause: unknown };

/**
 * What became of a send. `notSent` is certain: nothing of it was stored. `tooLarge`: a partition's part is, and others may
 * be stored. `partly`: all is stored but the records of the partitions in `missing`, which may be.
 */
export type SendOutcome = RecordOutcome | { readonly type: "partly"; readonly missing: ReadonlySet<number> };

export interface WaitingRecord {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  readonly arrivedMs: number;
  settle(outcome: RecordOutcome): void;
}

export interface SendLanes {
  add(record: WaitingRecord): void;
}

export interface SendLanesDeps {
  /** Sends messages, each to its partition, and gives up after `deadlineMs`. Never rejects. */
  readonly send: (messages: OutgoingMessage[], deadlineMs: number) => Promise<SendOutcome>;
  readonly clock: Clock;
  /** How many lanes share the partitions: so many sends may be under way at once. */
  readonly lanes: number;
  readonly maxSendBytes: number;
}

interface Lane {
  waiting: WaitingRecord[];
  /** Sends what waits. */
  pump(): Promise<void>;
}

const MAX_SEND_RECORDS = 1_000;
/** A record that was taken is stored, refused or given up after so long. */
export const DELIVERY_DEADLINE_MS = 10_000;
/** A send gets so long even when its records have waited nearly all their time. */
const MIN_SEND_MS = 2_000;
const EXPIRY_CHECK_MS = 500;
const STORED: RecordOutcome = { type: "stored" };

export function createSendLanes(deps: SendLanesDeps): SendLanes {
  const { send, clock, maxSendBytes } = deps;
  const createLane = (): Lane => {
    const pump = createTurns(clock, () => {
      const records = takeSend(lane, maxSendBytes);
      const isFull = lane.waiting.length > 0;
      return records.length === 0 ? null : deliver(records).then(() => (isFull ? 0 : records.length));
    });
    const lane: Lane = { waiting: [], pump };
    return lane;
  };
  const lanes = Array.from({ length: deps.lanes }, createLane);
  let pumping = false;
  let expiring = false;

  /** Records that arrive in one turn of the event loop go out together. */
  const pumpSoon = (): void => {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      for (const { pump } of lanes) void pump();
    });
  };

  /**
   * Sends records until each has an outcome. Those that are too large together go in halves, until only the one that is
   * too large is left; those that an answer lacks go again, and nothing behind them overtakes them.
   */
  const deliver = async (records: readonly WaitingRecord[]): Promise<void> => {
    const waitedMs = clock.nowMs() - (records[0] as WaitingRecord).arrivedMs;
    const deadlineMs = Math.max(MIN_SEND_MS, DELIVERY_DEADLINE_MS - waitedMs);
    const messages = records.map(({ message }) => message);
    const outcome = await send(messages, deadlineMs);
    if (outcome.type === "partly") {
      const missing = records.filter(({ message }) => outcome.missing.has(message.partition));
      for (const { message, settle } of records) if (!outcome.missing.has(message.partition)) settle(STORED);
      if (waitedMs < DELIVERY_DEADLINE_MS) return deliver(missing);
      for (const { settle } of missing) settle({ type: "unknown", cause: new Error("no broker acknowledged it") });
      return;
    }
    if (outcome.type === "tooLarge" && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      await deliver(records.slice(0, half));
      return deliver(records.slice(half));
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
      for (const lane of lanes) {
        const expired = lane.waiting.filter(({ arrivedMs }) => arrivedMs <= oldestMs);
        if (expired.length > 0) lane.waiting = lane.waiting.filter(({ arrivedMs }) => arrivedMs > oldestMs);
        for (const { settle } of expired)
          settle({ type: "notSent", cause: new Error("it waited too long to be sent") });
      }
      if (lanes.some(({ waiting }) => waiting.length > 0)) expireLater();
    });
  };

  return {
    add(record) {
      const lane = lanes[record.message.partition % lanes.length] as Lane;
      lane.waiting.push(record);
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

/**
 * Turns messages of a fetch into records of the port. A message that nobody can process gets a dead letter here: the
 * first of a batch that cannot be decoded, with the bytes of the batch; and one that is larger than any topic takes,
 * which only a compressed batch can carry, cut to what a dead letter can hold.
 */
import type { KafkaMessage } from "kafkajs";
import { deadLetterOf } from "../../actors/dead-letter.ts";
import { OperationalError } from "../../actors/errors.ts";
import type { LogRecord, NewRecord, RecordValue, Topic } from "../../actors/ports.ts";
import type { ErrorCode } from "../../domain/error-codes.ts";
import { unreadableReason } from "./codecs.ts";
import type { FetchedRecord } from "./inbox-partition.ts";
import { recordOf, sizeOf } from "./record-bytes.ts";
import { maxRecordBytes } from "./topics.ts";

/** What is kept of a value that is too large. The whole is in the topic, as long as that keeps it. */
const KEPT_BYTES = 64 * 1_024;
/** What is kept of a batch that cannot be decoded: all of it where topics are as they should be. */
const MAX_RAW_BYTES = maxRecordBytes("orders");

export function fetchedRecordOf(topic: Topic, shard: number, message: KafkaMessage): FetchedRecord {
  const unreadable = unreadableReason(message);
  if (unreadable !== null) return unreadableRecord(topic, shard, message, unreadable);
  const record = recordOf(topic, shard, message);
  const bytes = sizeOf(message);
  return { record, bytes, parked: bytes > maxRecordBytes(topic) ? tooLarge(record, bytes) : null };
}

function unreadableRecord(topic: Topic, shard: number, message: KafkaMessage, reason: string): FetchedRecord {
  // A topic that takes more than it should may hold a batch for which dead letters have no room.
  const bytes = new Uint8Array(message.value?.subarray(0, MAX_RAW_BYTES) ?? []);
  const record: LogRecord = { ...recordOf(topic, shard, message), value: bytes, headers: {} };
  // The others of the batch stand for offsets only.
  const isFirst = reason !== "";
  const parked = park("unreadable_message", isFirst ? record : null, record, reason);
  return { record, bytes: bytes.length, parked };
}

function tooLarge(record: LogRecord, bytes: number): FetchedRecord["parked"] {
  const kept = cut(record.value);
  const detail = `the record has ${bytes} bytes, ${maxRecordBytes(record.topic)} at most are taken; its value is cut`;
  // Headers can be what is too large, so they are left out.
  return park(
    "record_too_large",
    { ...record, key: record.key.slice(0, 1_024), value: kept, headers: {} },
    record,
    detail,
  );
}

function park(
  code: ErrorCode,
  kept: LogRecord | null,
  { topic, shard, offset }: LogRecord,
  detail: string,
): FetchedRecord["parked"] {
  const letter: NewRecord | null = kept === null ? null : deadLetterOf(kept, code, detail);
  const message = `Offset ${offset} of ${topic}, shard ${shard}, is kept as a dead letter: ${detail}.`;
  return { letter, reason: new OperationalError(code, message, { retryable: false }) };
}

function cut(value: RecordValue): RecordValue {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return bytes.length <= KEPT_BYTES ? value : new Uint8Array(bytes.subarray(0, KEPT_BYTES));
}

/** A message that cannot be processed is kept, whole and with its reason, where people can find and mend it. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { LogRecord, NewRecord } from "./ports.ts";

/**
 * The dead letter of a record. The payload stays byte for byte what arrived, and so do its headers; what
 * Orderloom adds has the prefix `dead-letter-`. The id makes a second letter for the same record recognisable.
 */
export function deadLetterOf(record: LogRecord, code: ErrorCode, detail: string): NewRecord {
  return {
    topic: "dead-letters",
    key: record.key,
    value: record.original ?? record.value,
    headers: {
      ...record.headers,
      "dead-letter-id": `${record.topic}/${record.shard}/${record.offset}`,
      "dead-letter-code": code,
      "dead-letter-detail": detail,
      "dead-letter-topic": record.topic,
      "dead-letter-shard": String(record.shard),
      "dead-letter-offset": String(record.offset),
      "dead-letter-timestamp-ms": String(record.timestampMs),
    },
  };
}

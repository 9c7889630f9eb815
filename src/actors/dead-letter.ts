/** A message that cannot be processed is kept, whole and with its reason, where people can find and mend it. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { LogRecord, NewRecord } from "./ports.ts";

/** What Orderloom says of a letter. A record that brings such headers along does not get them into its letter. */
const OWN_PREFIX = "dead-letter-";

/** On a record that was sent again: the letter that it comes from, and who sent it. */
export const REDRIVE_LETTER = "redrive-letter";
export const REDRIVE_OPERATOR = "redrive-operator";

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
      ...headersWithoutOwn(record.headers),
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

/** The headers that a record came with. */
export function headersWithoutOwn(headers: NewRecord["headers"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(OWN_PREFIX)));
}

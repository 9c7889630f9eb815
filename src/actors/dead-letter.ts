/** A message that cannot be processed is kept, whole and with its reason, where people can find and mend it. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { LogRecord, NewRecord, RecordValue } from "./ports.ts";

const encoder = new TextEncoder();

/** What others wrote may be long; people need the beginning. */
export const MAX_DETAIL_LENGTH = 2_000;

/**
 * What a record brings into its letter: its value, of 1 MiB at most, its key and its headers. A log takes 128 KiB more
 * than 1 MiB for a letter, which leaves the rest to what Orderloom says.
 */
const MAX_BROUGHT_BYTES = (1_024 + 96) * 1_024;
/** What a log needs for a record and for each of its headers, rounded up. */
const OVERHEAD_BYTES = 64;
/** No order has a longer id. */
const KEPT_KEY_LENGTH = 1_024;

/** What Orderloom says of a letter. A record that brings such headers along does not get them into its letter. */
const OWN_PREFIX = "dead-letter-";

/** On a record that was sent again: the letter that it comes from, and who sent it. */
export const REDRIVE_LETTER = "redrive-letter";
export const REDRIVE_OPERATOR = "redrive-operator";

/**
 * The dead letter of a record. The payload stays byte for byte what arrived, and so do its headers; what
 * Orderloom adds has the prefix `dead-letter-`. The id makes a second letter for the same record recognisable.
 * A log takes every letter: a key and headers for which there is no room beside the payload are cut, and the detail says so.
 */
export function deadLetterOf(record: LogRecord, code: ErrorCode, reason: string): NewRecord {
  const value = record.original ?? record.value;
  const { key, headers, note } = fitting(
    record.key,
    headersWithoutOwn(record.headers),
    MAX_BROUGHT_BYTES - bytesOf(value),
  );
  const detail = reason.slice(0, MAX_DETAIL_LENGTH - note.length) + note;
  return {
    topic: "dead-letters",
    key,
    value,
    headers: {
      ...headers,
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

/** A key and headers as far as they fit, and what to say of the rest. What is no UTF-8 has grown when it was read. */
function fitting(
  key: string,
  headers: NewRecord["headers"],
  roomBytes: number,
): { readonly key: string; readonly headers: NewRecord["headers"]; readonly note: string } {
  const sizes = Object.entries(headers).map(([name, value]) => OVERHEAD_BYTES + bytesOf(name) + bytesOf(value));
  const bytes = sizes.reduce((sum, size) => sum + size, OVERHEAD_BYTES + bytesOf(key));
  if (bytes <= roomBytes) return { key, headers, note: "" };
  const kept = key.slice(0, KEPT_KEY_LENGTH).toWellFormed();
  let leftBytes = roomBytes - OVERHEAD_BYTES - bytesOf(kept);
  const fit = Object.entries(headers).filter((_, i) => {
    const size = sizes[i] as number;
    if (size > leftBytes) return false;
    leftBytes -= size;
    return true;
  });
  const cutKey = kept === key ? "" : "; the key is cut";
  const dropped = sizes.length - fit.length;
  const cutHeaders = dropped === 0 ? "" : `; ${dropped} headers are left out`;
  return { key: kept, headers: Object.fromEntries(fit), note: cutKey + cutHeaders };
}

function bytesOf(value: RecordValue): number {
  return typeof value === "string" ? encoder.encode(value).length : value.length;
}

/** Records of the port to and from the bytes of the log. Nothing that another producer can write makes this throw. */
import { isUtf8 } from "node:buffer";
import type { IHeaders, KafkaMessage } from "kafkajs";
import type { LogRecord, NewRecord, RecordValue, Topic } from "../../actors/ports.ts";

/** What a record needs beside its key, value and headers, and each header beside its name and value; rounded up. */
const RECORD_OVERHEAD_BYTES = 48;
const HEADER_OVERHEAD_BYTES = 10;

export interface OutgoingMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
  readonly partition: number;
}

/** A record as kafkajs sends it to a partition. */
export function messageOf({ key, value, headers }: NewRecord, partition: number): OutgoingMessage {
  const bytes =
    typeof value === "string" ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length);
  return { key: Buffer.from(key), value: bytes, headers: { ...headers }, partition };
}

/** How large a message is in the log, at most. */
export function sizeOf({ key, value, headers }: Pick<KafkaMessage, "key" | "value" | "headers">): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, values] of Object.entries(headers ?? {})) {
    for (const header of valuesOf(values)) {
      bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(header);
    }
  }
  return bytes;
}

/** A message of the log as a record of the port: no key and no value read as empty ones. */
export function recordOf(topic: Topic, shard: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    shard,
    offset: Number(message.offset),
    key: message.key?.toString() ?? "",
    value: textOrBytes(message.value),
    headers: headersOf(message.headers),
    timestampMs: Number(message.timestamp),
  };
}

/** Text where it is UTF-8 and does not begin with a zero byte; else a copy of the bytes, so as not to keep a whole fetch. */
function textOrBytes(bytes: Buffer | null): RecordValue {
  if (bytes === null) return "";
  return bytes[0] === 0 || !isUtf8(bytes) ? new Uint8Array(bytes) : bytes.toString();
}

/** A header that came several times has its last value, as the Java clients read it; what is no UTF-8 is replaced. */
function headersOf(headers: IHeaders | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, values]) => {
    return [name, valuesOf(values).at(-1)?.toString() ?? ""] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The values of a header, empty for one without. kafkajs gathers headers in a plain object, so to it the first one named
 * `toString` or `__proto__` is a repetition of what every object has: it hands over that function, and then the bytes.
 */
function valuesOf(values: IHeaders[string]): (Buffer | string)[] {
  return (Array.isArray(values) ? values : [values]).map((value: unknown) => {
    return typeof value === "string" || Buffer.isBuffer(value) ? value : "";
  });
}

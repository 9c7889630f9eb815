/**
 * The topic `dead-letters` as it is read: letters, and what was decided about them. A decision is a record with the
 * letter's id and key, so that it follows its letter in the same shard, and the topic alone tells the whole history.
 */
import { headersWithoutOwn, MAX_DETAIL_LENGTH } from "./dead-letter.ts";
import { INBOX_TOPICS, type InboxTopic, type LogRecord, type NewRecord, type RecordValue } from "./ports.ts";

export const RESOLUTIONS = ["redriven", "dropped"] as const;
export type ResolutionType = (typeof RESOLUTIONS)[number];

/** Where a letter's record was. */
export interface LetterSource {
  readonly topic: InboxTopic;
  readonly shard: number;
  readonly offset: number;
  /** When the log stored it there. */
  readonly timestampMs: number;
}

export interface Letter {
  readonly type: "letter";
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly source: LetterSource;
  readonly key: string;
  readonly value: RecordValue;
  /** As the record came. */
  readonly headers: Readonly<Record<string, string>>;
  readonly parkedAtMs: number;
}

/** What an operator decided about a letter, and how the record was changed before it was sent again. */
export interface Resolution {
  readonly type: "resolution";
  readonly id: string;
  readonly actId: string;
  readonly resolution: ResolutionType;
  readonly operator: { readonly keyId: string; readonly name: string };
  readonly reason: string;
  /** ISO 8601 instant in UTC. */
  readonly at: string;
  readonly editedPayload: string | null;
  readonly editedKey: string | null;
}

const ID = /^(orders|payments|order-commands)[/-](\d{1,15})[/-](\d{1,15})$/;
const CODE = /^[a-z][a-z_]{0,63}$/;

/**
 * The id of a letter as people write it, such as `payments-3-17`: safe in an address and in a shell. The topic has
 * slashes instead, and both are understood. Null for what is no such id.
 */
export function letterIdOf(text: string): string | null {
  const [, topic, shard, offset] = ID.exec(text) ?? [];
  return topic === undefined ? null : letterIdAt({ topic, shard: Number(shard), offset: Number(offset) });
}

/** The id of the letter of a record of the inbox. */
export function letterIdAt({ topic, shard, offset }: { topic: string; shard: number; offset: number }): string {
  return `${topic}-${shard}-${offset}`;
}

/** Reads a record of the topic. Anybody may write there: null for what is neither a letter nor a decision. */
export function readDeadLetterRecord(record: LogRecord): Letter | Resolution | null {
  const id = letterIdOf(record.headers["dead-letter-id"] ?? "");
  if (id === null) return null;
  return record.headers["dead-letter-resolution"] === undefined ? letterOf(id, record) : resolutionOf(id, record);
}

function letterOf(id: string, { headers, key, value, timestampMs }: LogRecord): Letter | null {
  const topic = INBOX_TOPICS.find((name) => name === headers["dead-letter-topic"]);
  const code = headers["dead-letter-code"] ?? "";
  const [shard, offset, storedAtMs] = ["shard", "offset", "timestamp-ms"].map((name) =>
    Number(headers[`dead-letter-${name}`] || Number.NaN),
  ) as [number, number, number];
  if (topic === undefined || !CODE.test(code) || ![shard, offset, storedAtMs].every(isCount)) return null;
  return {
    type: "letter",
    id,
    code,
    detail: (headers["dead-letter-detail"] ?? "").slice(0, MAX_DETAIL_LENGTH).toWellFormed(),
    source: { topic, shard, offset, timestampMs: storedAtMs },
    key,
    value,
    headers: headersWithoutOwn(headers),
    parkedAtMs: timestampMs,
  };
}

/** The range of what a Date can say. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15;
}

function resolutionOf(id: string, { headers, value }: LogRecord): Resolution | null {
  const resolution = RESOLUTIONS.find((type) => type === headers["dead-letter-resolution"]);
  const at = headers["dead-letter-at"] ?? "";
  if (resolution === undefined || Number.isNaN(Date.parse(at))) return null;
  return {
    type: "resolution",
    id,
    actId: headers["dead-letter-act-id"] ?? "",
    resolution,
    operator: {
      keyId: headers["dead-letter-operator-key"] ?? "",
      name: headers["dead-letter-operator"] ?? "",
    },
    reason: headers["dead-letter-reason"] ?? "",
    at,
    editedPayload: headers["dead-letter-edited"] === "payload" && typeof value === "string" ? value : null,
    editedKey: headers["dead-letter-edited-key"] ?? null,
  };
}

/** The record of a decision. Its key is the letter's, so that it lands behind the letter. */
export function resolutionRecord(letterKey: string, decided: Omit<Resolution, "type">): NewRecord {
  const { id, actId, resolution, operator, reason, at, editedPayload, editedKey } = decided;
  return {
    topic: "dead-letters",
    key: letterKey,
    value: editedPayload ?? "",
    headers: {
      "dead-letter-id": id,
      "dead-letter-act-id": actId,
      "dead-letter-resolution": resolution,
      "dead-letter-operator": operator.name,
      "dead-letter-operator-key": operator.keyId,
      "dead-letter-reason": reason,
      "dead-letter-at": at,
      ...(editedPayload === null ? {} : { "dead-letter-edited": "payload" }),
      ...(editedKey === null ? {} : { "dead-letter-edited-key": editedKey }),
    },
  };
}

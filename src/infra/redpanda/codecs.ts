/**
 * How kafkajs reads the records of a batch here. By itself it knows gzip alone, and a batch that it cannot decompress or
 * decode fails every fetch from its broker, so that one foreign batch stops all shards for ever. Here every batch is
 * checked before kafkajs decodes it, and instead of an unreadable one kafkajs gets as many stand-ins, which the
 * consumer recognises and keeps as a dead letter.
 */
import { randomUUID } from "node:crypto";
import kafkajs, { type KafkaMessage } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import { COMPRESSIONS, type Compression } from "./compression.ts";
import { bodyOf, defectOf, encodeRecords, headerOf, withRecords } from "./record-batch.ts";

/** A batch has three bits for its compression; not all of them mean one yet. */
const LAST_COMPRESSION = 7;
/** A batch has 1 MiB at most; what grows larger than this is not the message of a shop. */
export const MAX_DECOMPRESSED_BYTES = 32 * 1_024 * 1_024;
/** kafkajs can take about twice as many; a batch of 1 MiB that holds more is a trap. */
export const MAX_RECORDS = 50_000;
/** Marks a stand-in. It is new for each process, so that no producer can forge it. */
const STAND_IN_HEADER = `unreadable-${randomUUID().slice(-12)}`;

/** Teaches kafkajs every compression, and to check batches. Idempotent. */
export function registerCodecs(): void {
  boundBatches();
  const codecs: Record<number, () => unknown> = kafkajs.CompressionCodecs;
  for (let type = 0; type <= LAST_COMPRESSION; type++) {
    const compression = COMPRESSIONS[type] ?? unknownCompression(type);
    const codec = {
      compress: async (encoder: { readonly buffer: Buffer }) => compression.compress(encoder.buffer),
      // Type 0 is registered, too, so that kafkajs hands over batches that are not compressed as well.
      decompress: async (bytes: Buffer) => readableRecords(bytes, compression),
    };
    codecs[type] = () => codec;
  }
}

let bounded = false;

/**
 * kafkajs reads how many records a batch has before it asks a codec, makes an object for each, and fails when they are
 * too many, so such a batch must not reach it. It takes each batch from its fetch by `slice`, and nothing else.
 */
function boundBatches(): void {
  if (bounded) return;
  bounded = true;
  const slice = Decoder.prototype.slice;
  Decoder.prototype.slice = function sliceBounded(length) {
    const sliced = slice.call(this, length);
    sliced.buffer = boundedBody(sliced.buffer, length);
    return sliced;
  };
}

/** The body of a batch, or of one with a single stand-in, at the last of its offsets, for more records than are taken. */
function boundedBody(bytes: Buffer, length: number): Buffer {
  const body = bodyOf(bytes, length);
  if (body === null || body.records <= MAX_RECORDS) return bytes;
  const { records, lastOffsetDelta, payload } = body;
  const reason = `a batch of ${records} records cannot be read: it has more than ${MAX_RECORDS}`;
  const standIn = {
    offsetDelta: lastOffsetDelta,
    headerName: STAND_IN_HEADER,
    headerValue: Buffer.from(reason),
    value: payload,
  };
  return withRecords(bytes, encodeRecords([standIn]), 1);
}

function unknownCompression(type: number): Compression {
  const refuse = (): never => {
    throw new Error("this compression is not known");
  };
  return { name: `compression ${type}`, compress: refuse, decompress: refuse };
}

/** The uncompressed records of a batch, or stand-ins for them. */
export function readableRecords(bytes: Buffer, compression: Compression): Buffer {
  const header = headerOf(bytes);
  if (header === null) return compression.decompress(bytes, MAX_DECOMPRESSED_BYTES);
  const { records, lastOffsetDelta, intact } = header;
  try {
    if (!intact) throw new Error("its checksum does not match");
    const decompressed = compression.decompress(bytes, MAX_DECOMPRESSED_BYTES);
    const defect = defectOf(decompressed, records);
    if (defect !== null) throw new Error(defect);
    return decompressed;
  } catch (error) {
    const reason = `a batch of ${records} records (${compression.name}) cannot be read: ${(error as Error).message}`;
    return encodeRecords(
      Array.from({ length: records }, (_, i) => ({
        // The last stand-in has the batch's last offset: reading goes on behind the batch.
        offsetDelta: i === records - 1 ? lastOffsetDelta : i,
        headerName: STAND_IN_HEADER,
        headerValue: i === 0 ? Buffer.from(reason) : Buffer.alloc(0),
        value: i === 0 ? bytes : Buffer.alloc(0),
      })),
    );
  }
}

/**
 * Why the batch of a message cannot be read; null when it can. The first message of such a batch has the reason and,
 * as its value, the bytes that could not be read; all others have neither.
 */
export function unreadableReason(message: KafkaMessage): string | null {
  const reason = message.headers?.[STAND_IN_HEADER];
  return Buffer.isBuffer(reason) ? reason.toString() : null;
}

/** Batches of records as another client may write them, and what kafkajs itself makes of them. */
import type { KafkaMessage } from "kafkajs";
import crc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { registerCodecs } from "../../../../src/infra/redpanda/codecs.ts";
import { COMPRESSIONS } from "../../../../src/infra/redpanda/compression.ts";

const HEADER_BYTES = 61;
const COUNTED_HEADER_BYTES = 49;

export interface ForeignRecord {
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: readonly (readonly [name: string | Buffer, value: Buffer | null])[];
}

/** The bytes of uncompressed records. */
export function recordsOf(records: readonly ForeignRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ key = null, value = null, headers = [] }, i) => {
      const body = Buffer.concat([
        Buffer.from([0]),
        varint(0),
        varint(i),
        sized(key),
        sized(value),
        varint(headers.length),
        ...headers.flatMap(([name, content]) => [sized(Buffer.from(name)), sized(content)]),
      ]);
      return Buffer.concat([varint(body.length), body]);
    }),
  );
}

/** A whole batch, with its checksum, whose first record has an offset. */
export function batchOf(
  records: Buffer,
  { count, firstOffset = 0, compression = "no compression" }: BatchParts,
): Buffer {
  const type = COMPRESSIONS.findIndex(({ name }) => name === compression);
  const payload = COMPRESSIONS[type]?.compress(records) ?? records;
  const batch = Buffer.alloc(HEADER_BYTES + payload.length);
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt32BE(COUNTED_HEADER_BYTES + payload.length, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(type, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeInt32BE(count, 57);
  payload.copy(batch, HEADER_BYTES);
  batch.writeUInt32BE(crc32C(batch.subarray(21)), 17);
  return batch;
}

export interface BatchParts {
  readonly count: number;
  readonly firstOffset?: number;
  readonly compression?: string;
}

/** What kafkajs hands over of batches that come in one fetch. */
export async function decodedByKafkajs(...batches: readonly Buffer[]): Promise<KafkaMessage[]> {
  registerCodecs();
  const [{ default: Decoder }, { default: decodeMessages }] = await Promise.all([
    import("kafkajs/src/protocol/decoder.js"),
    import("kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js"),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(batches.reduce((sum, { length }) => sum + length, 0));
  return decodeMessages(new Decoder(Buffer.concat([size, ...batches])));
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

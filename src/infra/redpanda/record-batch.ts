/**
 * Record batches in the log's own format (version 2), as far as a reader must know them to tell a readable batch from
 * a broken one. kafkajs checks nothing: a broken batch makes it throw, at every fetch, for all partitions of the broker.
 */
import crc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";

const HEADER_BYTES = 61;
/** The offset of the first record and the length of the rest, which come before that. */
const PREFIX_BYTES = 12;
/** What the length field of a batch counts of its header. */
const COUNTED_HEADER_BYTES = 49;
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const RECORDS_AT = 57;
const MAGIC = 2;
/** Compression is in the lowest bits of the attributes. */
const COMPRESSION_BITS = 0b111;
/**
 * kafkajs copies all headers of a record for each one more, and a worker that decodes for seconds loses its shards. So
 * many copies take about a tenth of a second; a record with a thousand headers costs as many.
 */
const MAX_HEADER_COPIES = 1_000_000;

export interface BatchHeader {
  readonly records: number;
  /** The offset of the last record, counted from that of the first. */
  readonly lastOffsetDelta: number;
  /** False when a byte of the batch is not as its producer wrote it. */
  readonly intact: boolean;
}

/**
 * The header of the batch that `payload` ends: the bytes just before it in the same fetch response. Null when there is
 * no such header.
 */
export function headerOf(payload: Buffer): BatchHeader | null {
  const start = payload.byteOffset - HEADER_BYTES;
  if (start < 0) return null;
  const batch = Buffer.from(payload.buffer, start, HEADER_BYTES + payload.length);
  if (batch.readInt8(MAGIC_AT) !== MAGIC) return null;
  if (batch.readInt32BE(LENGTH_AT) !== COUNTED_HEADER_BYTES + payload.length) return null;
  return {
    records: batch.readInt32BE(RECORDS_AT),
    lastOffsetDelta: batch.readInt32BE(LAST_OFFSET_DELTA_AT),
    intact: batch.readUInt32BE(CHECKSUM_AT) === crc32C(batch.subarray(ATTRIBUTES_AT)),
  };
}

/** What is wrong with the uncompressed records of a batch; null when each of them can be read. */
export function defectOf(bytes: Buffer, records: number): string | null {
  const reader = createReader(bytes);
  let headerCopies = 0;
  for (let i = 0; i < records; i++) {
    const length = reader.varint();
    const end = reader.at() + length;
    if (length < 0 || end > bytes.length) return `record ${i + 1} of ${records} is longer than its batch`;
    reader.skip(1);
    reader.varint();
    reader.varint();
    reader.skip(Math.max(0, reader.varint()));
    reader.skip(Math.max(0, reader.varint()));
    const count = reader.varint();
    headerCopies += count ** 2;
    if (headerCopies > MAX_HEADER_COPIES) return `record ${i + 1} of ${records} has too many headers`;
    for (let headers = count; headers > 0 && reader.at() < end; headers--) {
      reader.skip(Math.max(0, reader.varint()));
      reader.skip(Math.max(0, reader.varint()));
    }
    if (reader.at() !== end) return `record ${i + 1} of ${records} has parts that do not fit into it`;
  }
  return null;
}

/** Reads zigzag numbers of variable length. Beyond the end it reads zeros. */
function createReader(bytes: Buffer) {
  let at = 0;
  return {
    at: () => at,
    skip(length: number): void {
      at += length;
    },
    varint(): number {
      let unsigned = 0;
      let factor = 1;
      for (;;) {
        const byte = bytes[at++] ?? 0;
        unsigned += (byte & 0x7f) * factor;
        if (byte < 0x80) break;
        factor *= 128;
      }
      return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2;
    },
  };
}

/**
 * What kafkajs decodes: a batch without its first `PREFIX_BYTES`. Null when these bytes are none, or are cut off by the
 * end of a fetch.
 */
export function bodyOf(bytes: Buffer, length: number): BatchBody | null {
  if (bytes.length < length || length < COUNTED_HEADER_BYTES) return null;
  if (bytes.readInt8(MAGIC_AT - PREFIX_BYTES) !== MAGIC) return null;
  return {
    records: bytes.readInt32BE(RECORDS_AT - PREFIX_BYTES),
    lastOffsetDelta: bytes.readInt32BE(LAST_OFFSET_DELTA_AT - PREFIX_BYTES),
    payload: bytes.subarray(HEADER_BYTES - PREFIX_BYTES),
  };
}

export interface BatchBody extends Omit<BatchHeader, "intact"> {
  /** The records as they are in the batch, compressed or not. */
  readonly payload: Buffer;
}

/** The same body with other records, not compressed. Who produced it and when stays. */
export function withRecords(body: Buffer, records: Buffer, count: number): Buffer {
  const whole = Buffer.concat([Buffer.alloc(PREFIX_BYTES), body.subarray(0, HEADER_BYTES - PREFIX_BYTES), records]);
  whole.writeInt32BE(COUNTED_HEADER_BYTES + records.length, LENGTH_AT);
  whole.writeInt16BE(whole.readInt16BE(ATTRIBUTES_AT) & ~COMPRESSION_BITS, ATTRIBUTES_AT);
  whole.writeInt32BE(count, RECORDS_AT);
  whole.writeUInt32BE(crc32C(whole.subarray(ATTRIBUTES_AT)), CHECKSUM_AT);
  return whole.subarray(PREFIX_BYTES);
}

/** A record to be written: the parts that a stand-in for unreadable records needs. */
export interface StandIn {
  readonly offsetDelta: number;
  readonly headerName: string;
  readonly headerValue: Buffer;
  readonly value: Buffer;
}

/** The bytes of uncompressed records. */
export function encodeRecords(records: readonly StandIn[]): Buffer {
  return Buffer.concat(
    records.map(({ offsetDelta, headerName, headerValue, value }) => {
      const name = Buffer.from(headerName);
      const parts = [
        Buffer.from([0]),
        varint(0),
        varint(offsetDelta),
        varint(-1),
        varint(value.length),
        value,
        varint(1),
        varint(name.length),
        name,
        varint(headerValue.length),
        headerValue,
      ];
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      return Buffer.concat([varint(bytes), ...parts]);
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  while (left >= 0x80) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
  return Buffer.from(bytes);
}

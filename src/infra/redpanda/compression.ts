/**
 * The compressions of record batches that other clients use: none of their batches is made here, but each can be read.
 * What would grow beyond a limit is refused, because a small batch can hold an enormous one.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import lz4 from "lz4js";
import xxh32 from "lz4js/xxh32.js";
import snappy from "snappyjs";

export interface Compression {
  readonly name: string;
  compress(bytes: Buffer): Buffer;
  /** @throws Error when the bytes are not of this compression, or would be longer than `maxBytes`. */
  decompress(bytes: Buffer, maxBytes: number): Buffer;
}

/** By the number that the log's format gives them. */
export const COMPRESSIONS: readonly Compression[] = [
  { name: "no compression", compress: (bytes) => bytes, decompress: (bytes) => bytes },
  {
    name: "gzip",
    compress: (bytes) => gzipSync(bytes),
    decompress: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  },
  { name: "snappy", compress: (bytes) => snappy.compress(bytes), decompress: unsnap },
  { name: "lz4", compress: lz4Frame, decompress: unlz4 },
  {
    name: "zstd",
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
  },
];

/** How the Java clients begin a Snappy stream, which is made of blocks with their lengths before them. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic and two version numbers. */
const XERIAL_HEADER_BYTES = 16;

function unsnap(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(bytes, maxBytes);
  const blocks: Uint8Array[] = [];
  let leftBytes = maxBytes;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end <= at + 4 || end > bytes.length) throw new Error("a Snappy block is cut off");
    const block = snappy.uncompress(bytes.subarray(at + 4, end), leftBytes);
    leftBytes -= block.length;
    blocks.push(block);
    at = end;
  }
  return Buffer.concat(blocks);
}

function unlz4(bytes: Buffer, maxBytes: number): Buffer {
  const boundBytes = lz4.decompressBound(bytes);
  if (boundBytes > maxBytes) throw new Error(`the LZ4 frame may grow to ${boundBytes} bytes`);
  return Buffer.from(lz4.decompress(bytes, boundBytes));
}

const LZ4_BLOCK_BYTES = 65_536;
/** The magic, then version 1 with blocks that stand alone (the brokers read no others), then blocks of 64 KiB. */
const LZ4_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40]);
const LZ4_UNCOMPRESSED = 0x8000_0000;

/** An LZ4 frame. That of lz4js announces blocks that depend on each other, which brokers refuse. */
function lz4Frame(bytes: Buffer): Buffer {
  const checksum = (xxh32.hash(0, LZ4_HEADER, 4, 2) >>> 8) & 0xff;
  const parts: Uint8Array[] = [LZ4_HEADER, Buffer.from([checksum])];
  for (let at = 0; at < bytes.length; at += LZ4_BLOCK_BYTES) {
    const source = bytes.subarray(at, at + LZ4_BLOCK_BYTES);
    const target = Buffer.alloc(lz4.compressBound(source.length));
    const length = lz4.compressBlock(source, target, 0, source.length, new Uint32Array(LZ4_BLOCK_BYTES));
    const isSmaller = length > 0 && length < source.length;
    parts.push(uint32LE(isSmaller ? length : source.length + LZ4_UNCOMPRESSED));
    parts.push(isSmaller ? target.subarray(0, length) : source);
  }
  return Buffer.concat([...parts, uint32LE(0)]);
}

function uint32LE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

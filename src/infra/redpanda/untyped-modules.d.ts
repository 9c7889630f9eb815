/** The parts that this adapter uses of packages without types, and of kafkajs where it is mended from inside. */
declare module "snappyjs" {
  const snappy: {
    /** @throws Error when the bytes are no Snappy block, or when it would be longer than `maxBytes`. */
    uncompress(compressed: Buffer, maxBytes: number): Buffer;
    compress(bytes: Buffer): Buffer;
  };
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default snappy;
}

declare module "lz4js" {
  const lz4: {
    compressBound(bytes: number): number;
    /** @returns how long the compressed block in `target` is; 0 when the source cannot be compressed. */
    compressBlock(source: Uint8Array, target: Uint8Array, from: number, bytes: number, hashTable: Uint32Array): number;
    /** How many bytes a frame can decompress to at most. */
    decompressBound(frame: Uint8Array): number;
    decompress(frame: Uint8Array, maxBytes: number): Uint8Array;
  };
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default lz4;
}

declare module "lz4js/xxh32.js" {
  const xxh32: { hash(seed: number, bytes: Uint8Array, from: number, length: number): number };
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default xxh32;
}

declare module "kafkajs/src/protocol/recordBatch/crc32C/index.js" {
  const crc32C: (bytes: Uint8Array) => number;
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default crc32C;
}

declare module "kafkajs/src/network/requestQueue/index.js" {
  class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default RequestQueue;
}

declare module "kafkajs/src/protocol/decoder.js" {
  class Decoder {
    constructor(buffer: Buffer);
    buffer: Buffer;
    /** The next bytes, for a decoder of their own. */
    slice(bytes: number): Decoder;
  }
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default Decoder;
}

declare module "kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js" {
  import type { KafkaMessage } from "kafkajs";
  import type Decoder from "kafkajs/src/protocol/decoder.js";

  /** The messages of the batches that a partition's part of a fetch response holds. */
  const decodeMessages: (decoder: Decoder) => Promise<KafkaMessage[]>;
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default decodeMessages;
}

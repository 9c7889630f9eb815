/** The wire format of schema registries: a zero byte, the schema's id in four bytes, big endian, and the Avro binary. */

const MAGIC_BYTE = 0;
export const FRAME_BYTES = 5;
/** Ids are positive 32-bit integers; what a registry answers about any other is no answer about a schema. */
const MAX_ID = 2 ** 31 - 1;

/** True for a value that announces itself as framed Avro. No JSON begins so, and no UTF-8 text that means anything. */
export function isFramed(value: string | Uint8Array): value is Uint8Array {
  return typeof value !== "string" && value[0] === MAGIC_BYTE;
}

/** The id of the schema that framed bytes were written with; null when they hold none. */
export function schemaIdOf(framed: Uint8Array): number | null {
  if (framed.length < FRAME_BYTES) return null;
  const id = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
  return id === 0 || id > MAX_ID ? null : id;
}

export function frame(schemaId: number, avro: Uint8Array): Uint8Array {
  const framed = new Uint8Array(FRAME_BYTES + avro.length);
  framed[0] = MAGIC_BYTE;
  new DataView(framed.buffer).setUint32(1, schemaId);
  framed.set(avro, FRAME_BYTES);
  return framed;
}

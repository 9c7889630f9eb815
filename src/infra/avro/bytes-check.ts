/**
 * Walks through Avro bytes by their writer's schema before they are decoded. The library trusts counts and lengths: a
 * few bytes that announce a billion items, or a block that ends before it began, would keep it busy for ever. After
 * this walk every count is small, every length lies within the bytes, and nothing is left at the end.
 */
import { isUtf8 } from "node:buffer";
import type { Type, types } from "avsc";

/** Far above the hundred lines of an order; it bounds what bytes can make of memory. */
const MAX_ITEMS = 10_000;
const MAX_DEPTH = 64;
const MAX_VARINT_BYTES = 10;
/** A varint of this length holds every 32-bit integer: indexes, counts and lengths are never larger. */
const INT_BYTES = 5;

interface Walk {
  readonly bytes: Uint8Array;
  position: number;
  items: number;
  depth: number;
}
type Step = (walk: Walk) => void;

/** Returns a check that throws a RangeError for bytes, from an offset to their end, that are no value of the type. */
export function createBytesCheck(type: Type): (bytes: Uint8Array, from: number) => void {
  const step = stepOf(type, new Map());
  return (bytes, from) => {
    const walk = { bytes, position: from, items: 0, depth: 0 };
    step(walk);
    if (walk.position < bytes.length) throw new RangeError(`${bytes.length - walk.position} bytes follow its end`);
  };
}

/** Reads an integer of at most 32 bits in zigzag encoding. */
export function readInt(walk: Pick<Walk, "bytes" | "position">): number {
  let bits = 0;
  for (let i = 0, weight = 1; i < INT_BYTES; i++, weight *= 128) {
    const byte = walk.bytes[walk.position++];
    if (byte === undefined) throw ended();
    bits += (byte & 0x7f) * weight;
    if (byte < 0x80) {
      const value = bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2;
      if (value === (value | 0)) return value;
      break;
    }
  }
  throw new RangeError("a number is too large for its place");
}

function stepOf(type: Type, known: Map<Type, Step>): Step {
  const earlier = known.get(type);
  if (earlier !== undefined) return earlier;
  // Known before it is made: a record may hold itself.
  let step: Step = () => {};
  known.set(type, (walk) => step(walk));
  step = newStepOf(type, known);
  return step;
}

function newStepOf(type: Type, known: Map<Type, Step>): Step {
  const { typeName } = type;
  if (typeName.startsWith("logical:")) return stepOf((type as types.LogicalType).underlyingType, known);
  if (typeName.startsWith("union:")) return unionStep((type as types.WrappedUnionType).types, known);
  switch (typeName) {
    case "null":
      return () => {};
    case "boolean":
      return (walk) => {
        if ((walk.bytes[walk.position] ?? 0) > 1) throw new RangeError("a boolean is neither 0 nor 1");
        skip(walk, 1);
      };
    case "int":
      return readInt;
    case "long":
      return skipLong;
    case "float":
      return (walk) => skip(walk, 4);
    case "double":
      return (walk) => skip(walk, 8);
    case "bytes":
      return (walk) => skip(walk, readInt(walk));
    case "string":
      return skipText;
    case "fixed":
      return (walk) => skip(walk, (type as types.FixedType).size);
    case "enum":
      return (walk) => {
        const index = readInt(walk);
        if (index < 0 || index >= (type as types.EnumType).symbols.length)
          throw new RangeError("an enum has no such symbol");
      };
    case "array":
      return blocksStep(stepOf((type as types.ArrayType).itemsType, known));
    case "map": {
      const valueStep = stepOf((type as types.MapType).valuesType as Type, known);
      return blocksStep((walk) => {
        skipText(walk);
        valueStep(walk);
      });
    }
    case "record":
    case "error":
      return recordStep((type as types.RecordType).fields.map((field) => stepOf(field.type, known)));
    default:
      throw new TypeError(`it has the unknown type ${typeName}`);
  }
}

function recordStep(fields: readonly Step[]): Step {
  return (walk) => {
    if (++walk.depth > MAX_DEPTH) throw new RangeError(`it is nested more than ${MAX_DEPTH} deep`);
    for (const field of fields) field(walk);
    walk.depth -= 1;
  };
}

function unionStep(branches: readonly Type[], known: Map<Type, Step>): Step {
  const steps = branches.map((branch) => stepOf(branch, known));
  return (walk) => {
    const step = steps[readInt(walk)];
    if (step === undefined) throw new RangeError("a union has no such branch");
    step(walk);
  };
}

/** Arrays and maps come in blocks: a count, negative when the block's length in bytes follows it, and the items. */
function blocksStep(item: Step): Step {
  return (walk) => {
    for (let count = readInt(walk); count !== 0; count = readInt(walk)) {
      const length = count < 0 ? readInt(walk) : null;
      const start = walk.position;
      walk.items += Math.abs(count);
      if (walk.items > MAX_ITEMS) throw new RangeError(`it has more than ${MAX_ITEMS} items`);
      for (let i = Math.abs(count); i > 0; i--) item(walk);
      if (length !== null && walk.position !== start + length)
        throw new RangeError("a block has another length than it says");
    }
  };
}

function skipLong(walk: Walk): void {
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = walk.bytes[walk.position++];
    if (byte === undefined) throw ended();
    if (byte < 0x80) return;
  }
  throw new RangeError("a long has more than 64 bits");
}

function skipText(walk: Walk): void {
  const length = readInt(walk);
  const start = walk.position;
  skip(walk, length);
  if (!isUtf8(walk.bytes.subarray(start, walk.position))) throw new RangeError("a text is not UTF-8");
}

function skip(walk: Walk, length: number): void {
  if (length < 0) throw new RangeError("a length is negative");
  walk.position += length;
  if (walk.position > walk.bytes.length) throw ended();
}

function ended(): RangeError {
  return new RangeError("it ends too early");
}

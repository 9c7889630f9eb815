/**
 * How values of our own schemas look in memory: as in the JSON of the topics. An instant is an ISO 8601 text in UTC, and a
 * long is a safe integer; one beyond that is refused and never rounded.
 */
import avro, { type Type, type types } from "avsc";

type Schema = Parameters<typeof avro.Type.forSchema>[0];

/** Logical types of others that hold a long which is no instant in milliseconds: never taken for one. */
const OTHER_TIMES = ["timestamp-nanos", "local-timestamp-millis", "local-timestamp-micros", "time-micros"];

/** An instant in milliseconds since 1970. It reads longs without a logical type, too, because tools drop those. */
class InstantInMillis extends avro.types.LogicalType {
  protected override _fromValue(timeMs: number): string {
    return instantOf(timeMs);
  }

  protected override _toValue(instant: unknown): number | undefined {
    const timeMs = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
    return Number.isNaN(timeMs) ? undefined : timeMs;
  }

  protected override _resolve(writer: Type): ((value: number | string) => string) | undefined {
    if (writer instanceof InstantInMillis && writer.underlyingType.typeName === "long") return String;
    return writer.typeName === "long" ? (value) => instantOf(Number(value)) : undefined;
  }
}

class InstantInMicros extends InstantInMillis {
  protected override _fromValue(timeMicros: number): string {
    return instantOf(Math.floor(timeMicros / 1_000));
  }
}

class OtherTime extends avro.types.LogicalType {
  protected override _fromValue(value: unknown): unknown {
    return value;
  }

  protected override _toValue(value: unknown): unknown {
    return value;
  }

  protected override _resolve(): undefined {
    return undefined;
  }
}

function instantOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Longs up to 2^53 - 1; the library's own stop one earlier, and an amount of money may be that large. */
// oxlint-disable-next-line no-underscore-dangle -- documented as public
const safeLong = avro.types.LongType.__with({
  fromBuffer(bytes: Buffer): number {
    const value = Number(bytes.readBigInt64LE());
    if (!Number.isSafeInteger(value)) throw new RangeError("a long is beyond what can be counted exactly");
    return value;
  },
  toBuffer(value: number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: (value: number) => value,
  isValid: (value: unknown) => Number.isSafeInteger(value),
  compare: (a: number, b: number) => a - b,
});

/** The type of one of our own schemas. */
export function ownType(text: string): types.RecordType {
  return avro.Type.forSchema(JSON.parse(text) as Schema, {
    registry: { long: safeLong },
    logicalTypes: { "timestamp-millis": InstantInMillis },
    omitRecordMethods: true,
  }) as types.RecordType;
}

/** The type of a writer's schema, to be resolved with one of our own. */
export function writerType(schema: unknown): Type {
  return avro.Type.forSchema(schema as Schema, {
    logicalTypes: {
      "timestamp-millis": InstantInMillis,
      "timestamp-micros": InstantInMicros,
      ...Object.fromEntries(OTHER_TIMES.map((name) => [name, OtherTime])),
    },
    // Without this a logical type that fails is built a second time, and nested ones 2^depth times.
    assertLogicalTypes: true,
    omitRecordMethods: true,
  });
}

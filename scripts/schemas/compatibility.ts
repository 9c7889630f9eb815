/**
 * Whether readers and writers of two versions of a schema understand each other, by Avro's schema resolution. It is a
 * little stricter than registries are: a change of a logical type, which they do not see, changes what a value means.
 */
import avro, { type Type, type types } from "avsc";

const LOGICAL_TYPES = [
  "date",
  "time-millis",
  "time-micros",
  "timestamp-millis",
  "timestamp-micros",
  "timestamp-nanos",
  "local-timestamp-millis",
  "local-timestamp-micros",
  "local-timestamp-nanos",
  "decimal",
  "duration",
  "uuid",
];

/** A logical type that resolves with itself alone. */
class Itself extends avro.types.LogicalType {
  protected override _fromValue(value: unknown): unknown {
    return value;
  }

  protected override _toValue(value: unknown): unknown {
    return value;
  }

  protected override _resolve(writer: Type): ((value: unknown) => unknown) | undefined {
    return writer.typeName === this.typeName ? (value) => value : undefined;
  }
}

/** @throws Error when the text is no Avro schema, or a default does not fit its field. */
export function parseSchema(text: string): Type {
  return avro.Type.forSchema(JSON.parse(text) as Parameters<typeof avro.Type.forSchema>[0], {
    logicalTypes: Object.fromEntries(LOGICAL_TYPES.map((name) => [name, Itself])),
    assertLogicalTypes: true,
  });
}

/** Every reason why a reader of one version cannot read what a writer of the other one wrote; none when it can. */
export function obstacles(reader: Type, writer: Type): readonly string[] {
  return obstaclesAt("", reader, writer, new Set());
}

function obstaclesAt(path: string, reader: Type, writer: Type, seen: Set<string>): readonly string[] {
  const reason = whyNot(reader, writer);
  if (reason === null) return [];
  // A record may hold itself, and what is wrong with it is said once.
  const pair = `${reader.name}:${writer.name}`;
  const isNew = reader.name === undefined || !seen.has(pair);
  seen.add(pair);
  const within = isNew ? obstaclesWithin(path, reader, writer, seen) : [];
  return within.length > 0 || !isNew ? within : [`${path || reader.name || "the schema"}: ${reason}`];
}

function obstaclesWithin(path: string, reader: Type, writer: Type, seen: Set<string>): readonly string[] {
  if (
    reader instanceof avro.types.RecordType &&
    writer instanceof avro.types.RecordType &&
    reader.name === writer.name
  ) {
    return reader.fields.flatMap(({ name, type, defaultValue }) => {
      const at = path === "" ? name : `${path}.${name}`;
      const written = writer.field(name) as (typeof writer.fields)[number] | undefined;
      if (written !== undefined) return obstaclesAt(at, type, written.type, seen);
      return defaultValue() === undefined ? [`${at}: it is not written, and has no default`] : [];
    });
  }
  if (reader instanceof avro.types.ArrayType && writer instanceof avro.types.ArrayType) {
    return obstaclesAt(`${path}[]`, reader.itemsType, writer.itemsType, seen);
  }
  return [];
}

function whyNot(reader: Type, writer: Type): string | null {
  try {
    reader.createResolver(writer);
    return null;
  } catch {
    return `${nameOf(writer)} cannot be read as ${nameOf(reader)}`;
  }
}

function nameOf(type: Type): string {
  if (type.typeName.startsWith("union:")) return `[${(type as types.WrappedUnionType).types.map(nameOf).join(", ")}]`;
  return type.name ?? type.typeName.replace("logical:", "");
}

/**
 * Turns framed Avro of one writer's schema into the JSON that the inbox topics carry, by Avro's schema resolution: fields
 * that we do not know are left out, and those that the writer does not know get their defaults. The schema may be one
 * of our records or a union that holds some of them.
 */
import type { Type, types } from "avsc";
import { createBytesCheck, readInt } from "./bytes-check.ts";
import { foreignSchema } from "./foreign-schema.ts";
import { FRAME_BYTES } from "./framing.ts";
import { ownType } from "./own-types.ts";
import { INBOX_NAMESPACE, readSchemaFiles } from "./schema-files.ts";

/** As long as a JSON value of the inbox topics may be. */
const MAX_VALUE_BYTES = 65_536;
const MAX_REASON_LENGTH = 200;
/** Fields that JSON leaves out where Avro has their default. */
const LEFT_OUT: Readonly<Record<string, unknown>> = {
  quotedTotal: null,
  webhookId: null,
  partial: false,
  round: null,
};

export type Reading =
  | { readonly type: "json"; readonly text: string }
  | { readonly type: "unreadable"; readonly reason: string };

export type MessageReader =
  /** Reads framed bytes. Never throws for what they hold. */
  | { readonly type: "reader"; read(framed: Uint8Array): Reading }
  /** Nothing written with this schema can be read. */
  | { readonly type: "unusable"; readonly reason: string };

type Branch =
  | { readonly type: "readable"; decode(bytes: Buffer, from: number): string }
  | { readonly type: "unreadable"; readonly reason: string };

/** Makes readers of messages from the texts of their writers' schemas. */
export function createMessageReaders(): (schemaText: string) => MessageReader {
  const inbox = readSchemaFiles().filter(({ recordName }) => recordName.startsWith(INBOX_NAMESPACE));
  const readers = new Map(inbox.map(({ recordName, text }) => [recordName, ownType(text)]));
  return (schemaText) => {
    const schema = foreignSchema(schemaText);
    if (schema.type === "unusable") return unusable(schema.reason);
    try {
      return readerOf(schema.writer, readers);
    } catch (error) {
      return unusable((error as Error).message);
    }
  };
}

function readerOf(writer: Type, readers: ReadonlyMap<string, types.RecordType>): MessageReader {
  const isUnion = writer.typeName.startsWith("union:");
  const branches = (isUnion ? (writer as types.WrappedUnionType).types : [writer]).map((branch) =>
    branchOf(branch, readers),
  );
  const [first] = branches;
  if (first?.type === "unreadable" && branches.every(({ type }) => type === "unreadable"))
    return unusable(first.reason);
  const checkBytes = createBytesCheck(writer);
  return {
    type: "reader",
    read(framed) {
      if (framed.length > MAX_VALUE_BYTES) return unreadable(`the value is longer than ${MAX_VALUE_BYTES} bytes`);
      try {
        checkBytes(framed, FRAME_BYTES);
        const walk = { bytes: framed, position: FRAME_BYTES };
        const branch = isUnion ? branches[readInt(walk)] : first;
        if (branch?.type !== "readable") return unreadable(branch?.reason ?? "its union is empty");
        const bytes = Buffer.from(framed.buffer, framed.byteOffset, framed.byteLength);
        return { type: "json", text: branch.decode(bytes, walk.position) };
      } catch (error) {
        return unreadable(`the bytes do not fit their schema: ${(error as Error).message}`);
      }
    },
  };
}

function branchOf(writer: Type, readers: ReadonlyMap<string, types.RecordType>): Branch {
  const reader = readers.get(writer.name ?? "");
  if (reader === undefined) return unreadable(`${writer.name ?? writer.typeName} is no message of the inbox`);
  try {
    const resolver = reader.createResolver(writer);
    const type = String(reader.name).slice(INBOX_NAMESPACE.length);
    return {
      type: "readable",
      decode: (bytes, from) =>
        jsonOf(type, reader.decode(bytes, from, resolver).value as Readonly<Record<string, unknown>>),
    };
  } catch (error) {
    return unreadable(`${writer.name} cannot be read as ours: ${(error as Error).message}`);
  }
}

function jsonOf(type: string, fields: Readonly<Record<string, unknown>>): string {
  const present = Object.entries(fields).filter(([name, value]) => !(name in LEFT_OUT && LEFT_OUT[name] === value));
  return JSON.stringify({ type, ...Object.fromEntries(present) });
}

function unreadable(reason: string): { readonly type: "unreadable"; readonly reason: string } {
  return { type: "unreadable", reason: shortened(reason) };
}

function unusable(reason: string): MessageReader {
  return { type: "unusable", reason: shortened(reason) };
}

/** Reasons end up in headers of dead letters and may quote what somebody sent. */
function shortened(reason: string): string {
  return reason.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_REASON_LENGTH);
}

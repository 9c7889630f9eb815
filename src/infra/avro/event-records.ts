/**
 * Published events as Avro, by the Kafka binding of CloudEvents in binary mode: the value is the event's data alone,
 * framed with the id of its schema, and every attribute is a header.
 */
import type { NewRecord } from "../../actors/ports.ts";
import { frame } from "./framing.ts";
import { ownType } from "./own-types.ts";
import { EVENTS_NAMESPACE, type SchemaFile } from "./schema-files.ts";

const CONTENT_TYPE = "application/avro";
const EVENT_TYPE_PREFIX = "orderloom.";

/** A CloudEvent as the publisher writes it: all its attributes are texts. */
interface CloudEvent {
  readonly type: string;
  readonly data: unknown;
}

/** Returns the function that turns a CloudEvent in structured JSON mode into Avro in binary mode. */
export function createEventRecords(
  files: readonly SchemaFile[],
  ids: ReadonlyMap<string, number>,
): (record: NewRecord) => NewRecord {
  const types = new Map(files.map(({ recordName, text }) => [recordName, ownType(text)]));
  return (record) => {
    const event = JSON.parse(String(record.value)) as CloudEvent;
    const recordName = EVENTS_NAMESPACE + event.type.slice(EVENT_TYPE_PREFIX.length);
    const [type, id] = [types.get(recordName), ids.get(recordName)];
    if (type === undefined || id === undefined) throw new Error(`there is no schema of the event ${event.type}`);
    const headers: Record<string, string> = { ...record.headers, "content-type": CONTENT_TYPE };
    for (const [name, value] of Object.entries(event)) {
      // The binding maps the type of the data to the record's content type, and to nothing else.
      if (name !== "data" && name !== "datacontenttype") headers[`ce_${name}`] = String(value);
    }
    return { ...record, value: frame(id, type.toBuffer(event.data)), headers };
  };
}

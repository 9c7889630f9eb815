/**
 * A message log that understands Avro. Framed records of the inbox become the JSON that the pipeline reads, beside JSON
 * on the same topics; one that nobody can read passes on with the reason, and becomes a dead letter. While the registry
 * is away, a batch that needs it fails and comes again: an outage makes no dead letters. Published events become
 * Avro where that is configured; until the registry has their schemas they wait, and nothing else does.
 */
import { OperationalError } from "../../actors/errors.ts";
import type { Clock, LogRecord, MessageLog, NewRecord, Random } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { createEventRecords } from "./event-records.ts";
import { isFramed, schemaIdOf } from "./framing.ts";
import type { MessageReader } from "./message-reader.ts";
import { registerSchemas } from "./registered-schemas.ts";
import { createRegistryClient, type RegistryClient } from "./registry-client.ts";
import { createSchemaCache, type SchemaCache } from "./schema-cache.ts";
import { EVENTS_NAMESPACE, INBOX_NAMESPACE, readSchemaFiles } from "./schema-files.ts";

const NO_REGISTRY = "the value is Avro, and no registry is known to look its schema up: set SCHEMA_REGISTRY_URL";
const TOO_SHORT = "the value begins like framed Avro and holds no schema id";

export interface AvroLogDeps {
  /** Undefined where there is no registry: framed Avro is unreadable then. */
  readonly registryUrl: string | undefined;
  readonly eventsFormat: "json" | "avro";
  /** What stands before every topic's name, and so before every subject's. */
  readonly topicPrefix: string;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly metrics: Pick<EngineMetrics, "roundTrip">;
  /** The registry did not answer at the start. Work goes on, and the first event in Avro or the next start registers the schemas. */
  readonly onError: (error: OperationalError) => void;
}

/**
 * Decorates a log, and registers our schemas first where there is a registry that answers. To produce events in Avro is
 * `registry_unavailable` until it has their schemas.
 * @throws OperationalError `schema_incompatible` when the registry refuses one of them, `invalid_configuration`.
 */
export async function withAvro(log: MessageLog, deps: AvroLogDeps): Promise<MessageLog> {
  const client = deps.registryUrl === undefined ? null : createRegistryClient({ ...deps, url: deps.registryUrl });
  const toEventRecords = await prepareEvents(client, deps);
  const cache = client === null ? null : createSchemaCache({ client, clock: deps.clock });
  return {
    ...log,
    produce: async (records) => log.produce(await toEventRecords(records)),
    consumeInbox: (handlers) =>
      log.consumeInbox({
        ...handlers,
        onBatch: async ({ shard, records }) => handlers.onBatch({ shard, records: await translated(records, cache) }),
      }),
    asConsumed: (records) => translated(records, cache),
  };
}

type ToRecords = (records: readonly NewRecord[]) => readonly NewRecord[] | Promise<readonly NewRecord[]>;

/** Decorates a log for a command that only looks: framed records are translated, and nothing is registered. */
export function readingAvro<Log extends Pick<MessageLog, "asConsumed">>(
  log: Log,
  deps: Pick<AvroLogDeps, "registryUrl" | "clock" | "random" | "metrics">,
): Log {
  const client = deps.registryUrl === undefined ? null : createRegistryClient({ ...deps, url: deps.registryUrl });
  const cache = client === null ? null : createSchemaCache({ client, clock: deps.clock });
  return { ...log, asConsumed: (records) => translated(records, cache) };
}

/** Registers our schemas, and returns how events are written; other records stay as they are. */
async function prepareEvents(
  client: RegistryClient | null,
  { eventsFormat, topicPrefix, onError }: AvroLogDeps,
): Promise<ToRecords> {
  const files = readSchemaFiles();
  const inbox = files.filter(({ recordName }) => recordName.startsWith(INBOX_NAMESPACE));
  const events = files.filter(({ recordName }) => recordName.startsWith(EVENTS_NAMESPACE));
  if (eventsFormat === "json") {
    if (client !== null) await registerSchemas(client, inbox, topicPrefix).catch(unlessAway(onError));
    return (records) => records;
  }
  if (client === null) {
    const message = "EVENTS_FORMAT is avro, and there is no registry for the schemas: set SCHEMA_REGISTRY_URL, too.";
    throw new OperationalError("invalid_configuration", message, { retryable: false });
  }
  const toRecord = once(async () => createEventRecords(events, await registerSchemas(client, files, topicPrefix)));
  await toRecord().catch(unlessAway(onError));
  return async (records) => {
    if (!records.some(isEvent)) return records;
    const toEventRecord = await toRecord();
    return records.map((record) => (isEvent(record) ? toEventRecord(record) : record));
  };
}

function isEvent({ topic }: NewRecord): boolean {
  return topic === "order-events";
}

/** Makes a value when it is asked for first; one that could not be made is made anew for whoever asks next. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

function unlessAway(onError: AvroLogDeps["onError"]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof OperationalError && error.code === "registry_unavailable")) throw error;
    onError(error);
  };
}

async function translated(records: readonly LogRecord[], cache: SchemaCache | null): Promise<readonly LogRecord[]> {
  if (!records.some(({ value }) => isFramed(value))) return records;
  const ids = new Set<number>();
  for (const { value } of records) {
    const id = isFramed(value) ? schemaIdOf(value) : null;
    if (id !== null) ids.add(id);
  }
  const readers = cache === null || ids.size === 0 ? NO_READERS : await cache.readersOf(ids);
  return records.map((record) => {
    if (!isFramed(record.value)) return record;
    if (cache === null) return { ...record, unreadable: NO_REGISTRY };
    return translatedRecord(record, record.value, readers);
  });
}

function translatedRecord(
  record: LogRecord,
  framed: Uint8Array,
  readers: ReadonlyMap<number, MessageReader>,
): LogRecord {
  const id = schemaIdOf(framed);
  const reader = id === null ? undefined : readers.get(id);
  if (reader === undefined) return { ...record, unreadable: TOO_SHORT };
  if (reader.type === "unusable") return { ...record, unreadable: `schema ${id} cannot be used: ${reader.reason}` };
  const reading = reader.read(framed);
  if (reading.type === "unreadable") return { ...record, unreadable: `Avro of schema ${id}: ${reading.reason}` };
  return { ...record, value: reading.text, original: framed };
}

const NO_READERS: ReadonlyMap<number, MessageReader> = new Map();

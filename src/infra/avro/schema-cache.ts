/**
 * The readers of the schemas that records were written with, by id. An id stands for one schema for ever, so what was
 * fetched is never fetched again; an id that the registry does not know is asked for again after a short while.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../actors/ports.ts";
import { createMessageReaders, type MessageReader } from "./message-reader.ts";
import type { RegistryClient } from "./registry-client.ts";

const MAX_SCHEMAS = 1_000;
const MAX_UNKNOWN_IDS = 10_000;
const UNKNOWN_FOR_MS = 30_000;
/** Ids that are asked for at the same time: bytes of chance must not become a storm of requests. */
const MAX_REQUESTS = 8;

export interface SchemaCache {
  /**
   * The reader of each of these ids. Fetches what is not known yet, each id once however many ask for it.
   * @throws OperationalError `registry_unavailable` when one of them is not known and cannot be fetched.
   */
  readersOf(ids: ReadonlySet<number>): Promise<ReadonlyMap<number, MessageReader>>;
}

export function createSchemaCache(deps: { readonly client: RegistryClient; readonly clock: Clock }): SchemaCache {
  const { client, clock } = deps;
  const createReader = createMessageReaders();
  const readers = new LRUCache<number, MessageReader>({ max: MAX_SCHEMAS });
  const unknownUntilMs = new LRUCache<number, number>({ max: MAX_UNKNOWN_IDS });
  const fetching = new Map<number, Promise<MessageReader>>();

  const fetchReader = async (id: number): Promise<MessageReader> => {
    const schema = await client.schemaOf(id);
    if (schema.type === "unknown") {
      unknownUntilMs.set(id, clock.nowMs() + UNKNOWN_FOR_MS);
      return UNKNOWN;
    }
    const reader = schema.type === "avro" ? createReader(schema.text) : ({ ...schema, type: "unusable" } as const);
    readers.set(id, reader);
    return reader;
  };

  const remembered = (id: number): MessageReader | undefined =>
    readers.get(id) ?? ((unknownUntilMs.get(id) ?? 0) > clock.nowMs() ? UNKNOWN : undefined);

  const fetchOnce = (id: number): Promise<MessageReader> => {
    let reader = fetching.get(id);
    if (reader === undefined) {
      reader = fetchReader(id).finally(() => fetching.delete(id));
      fetching.set(id, reader);
    }
    return reader;
  };

  return {
    async readersOf(ids) {
      const found = new Map<number, MessageReader>();
      const iterator = ids.values();
      const fetchOneByOne = async (): Promise<void> => {
        for (const id of iterator) found.set(id, remembered(id) ?? (await fetchOnce(id)));
      };
      await Promise.all(Array.from({ length: Math.min(MAX_REQUESTS, ids.size) }, fetchOneByOne));
      return found;
    },
  };
}

const UNKNOWN: MessageReader = { type: "unusable", reason: "the registry does not know it" };

/** Puts our schemas into the registry, where producers and consumers find them and no incompatible one can follow. */
import type { RegistryClient } from "./registry-client.ts";
import type { SchemaFile } from "./schema-files.ts";

const MAX_AT_ONCE = 4;

/**
 * Registers schemas as FULL_TRANSITIVE under `<prefix><topic>-<record>`. A repeat changes nothing.
 * @returns the id of each, by the full name of its record.
 * @throws OperationalError `registry_unavailable` or `schema_incompatible`.
 */
export async function registerSchemas(
  client: RegistryClient,
  files: readonly SchemaFile[],
  topicPrefix: string,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const iterator = files.values();
  const registerOneByOne = async (): Promise<void> => {
    for (const { subject, recordName, text } of iterator) {
      await client.requireFullCompatibility(`${topicPrefix}${subject}`);
      ids.set(recordName, await client.register(`${topicPrefix}${subject}`, text));
    }
  };
  // A failure is told once nothing is under way any more: whoever tries again then finds the registry at rest.
  const ends = await Promise.allSettled(Array.from({ length: MAX_AT_ONCE }, registerOneByOne));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return ids;
}

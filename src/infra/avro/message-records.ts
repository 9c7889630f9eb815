/** Messages as framed Avro records of the inbox topics, for producers such as the generator of orders. */
import type { InboxTopic, NewRecord } from "../../actors/ports.ts";
import type { Message } from "../../domain/messages.ts";
import { encodeMessage } from "../../schemas/inbox-messages.ts";
import { frame } from "./framing.ts";
import { ownType } from "./own-types.ts";
import { registerSchemas } from "./registered-schemas.ts";
import { createRegistryClient } from "./registry-client.ts";
import type { RegistryDeps } from "./registry-http.ts";
import { INBOX_NAMESPACE, readSchemaFiles } from "./schema-files.ts";

const HEADERS = { "content-type": "application/avro" };

/**
 * Registers the schemas of the inbox and returns the function that writes a message as Avro.
 * @throws OperationalError `registry_unavailable`, `schema_incompatible` or `invalid_configuration`.
 */
export async function createMessageRecords(
  deps: RegistryDeps & { readonly topicPrefix: string },
): Promise<(message: Message) => NewRecord & { readonly topic: InboxTopic }> {
  const files = readSchemaFiles().filter(({ recordName }) => recordName.startsWith(INBOX_NAMESPACE));
  const ids = await registerSchemas(createRegistryClient(deps), files, deps.topicPrefix);
  const types = new Map(files.map(({ recordName, text }) => [recordName, ownType(text)]));
  return (message) => {
    const { topic, key } = encodeMessage(message);
    const recordName = INBOX_NAMESPACE + message.type;
    const [type, id] = [types.get(recordName), ids.get(recordName)];
    if (type === undefined || id === undefined) throw new Error(`there is no schema of the message ${message.type}`);
    return { topic, key, value: frame(id, type.toBuffer(message)), headers: HEADERS };
  };
}

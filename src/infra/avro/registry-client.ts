/**
 * The schema registry by its Confluent API, as Redpanda and others offer it: what a schema's id stands for, and our own
 * schemas under their subjects, which only compatible changes may follow.
 */
import { OperationalError } from "../../actors/errors.ts";
import {
  createRegistryHttp,
  fieldsOf,
  quoted,
  type RegistryAnswer,
  type RegistryDeps,
  unavailable,
} from "./registry-http.ts";

const SCHEMA_NOT_FOUND = 40_403;
/** While a batch of messages waits, its shard does: two short attempts, and then the batch comes again. */
const READING = { attempts: 2, timeoutMs: 2_000, repeatsConflicts: false };
/** Processes that start together register the same things, and some registries answer all but one with a conflict. */
const REGISTERING = { attempts: 3, timeoutMs: 2_000, repeatsConflicts: true };

export type RegisteredSchema =
  | { readonly type: "avro"; readonly text: string }
  /** Nothing that can be read here, and why. */
  | { readonly type: "other"; readonly reason: string }
  | { readonly type: "unknown" };

/** Every method throws OperationalError `registry_unavailable`. */
export interface RegistryClient {
  schemaOf(id: number): Promise<RegisteredSchema>;
  /** Allows only changes of the subject's schema that old and new readers can read, compared with all versions. */
  requireFullCompatibility(subject: string): Promise<void>;
  /**
   * The id of the schema under its subject, which gets a new version when it is not there yet.
   * @throws OperationalError `schema_incompatible` when the registry refuses it.
   */
  register(subject: string, schemaText: string): Promise<number>;
}

/** @throws OperationalError `invalid_configuration` when the URL is none. */
export function createRegistryClient(deps: RegistryDeps): RegistryClient {
  const { address, ask } = createRegistryHttp(deps);
  return {
    async schemaOf(id) {
      const answer = await ask({ operation: "getSchema", method: "GET", path: `/schemas/ids/${id}` }, READING);
      // Any other 404 comes from something that is no registry: no reason to give a message up.
      if (answer.status === 404 && errorCodeOf(answer.body) === SCHEMA_NOT_FOUND) return { type: "unknown" };
      if (answer.status !== 200) throw unavailable(address, `it answers ${quoted(answer)}`);
      return schemaIn(answer.body) ?? fail(address, answer);
    },
    async requireFullCompatibility(subject) {
      const path = `/config/${encodeURIComponent(subject)}`;
      const body = { compatibility: "FULL_TRANSITIVE" };
      const answer = await ask({ operation: "setCompatibility", method: "PUT", path, body }, REGISTERING);
      if (answer.status !== 200) throw unavailable(address, `it answers ${quoted(answer)}`);
    },
    async register(subject, schemaText) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`;
      const body = { schema: schemaText };
      const answer = await ask({ operation: "register", method: "POST", path, body }, REGISTERING);
      if (answer.status === 409 || answer.status === 422) throw incompatible(address, subject, answer);
      const id = answer.status === 200 ? idIn(answer.body) : null;
      return id ?? fail(address, answer);
    },
  };
}

function schemaIn(body: unknown): RegisteredSchema | null {
  const { schema, schemaType = "AVRO", references = [] } = fieldsOf(body);
  if (typeof schema !== "string") return null;
  if (schemaType !== "AVRO") return { type: "other", reason: "it is no Avro schema" };
  if (Array.isArray(references) && references.length > 0) {
    return { type: "other", reason: "it refers to other schemas; register it with its types in it" };
  }
  return { type: "avro", text: schema };
}

function idIn(body: unknown): number | null {
  const { id } = fieldsOf(body);
  return typeof id === "number" && Number.isInteger(id) ? id : null;
}

function errorCodeOf(body: unknown): unknown {
  return fieldsOf(body)["error_code"];
}

function fail(address: string, answer: RegistryAnswer): never {
  throw unavailable(address, `its answer ${quoted(answer)} is not that of a schema registry`);
}

function incompatible(address: string, subject: string, answer: RegistryAnswer): OperationalError {
  const message =
    `The schema registry at ${address} refuses our schema of ${subject}: it answers ${quoted(answer)}. ` +
    "Mend the schema, or give this installation a registry or TOPIC_PREFIX of its own.";
  return new OperationalError("schema_incompatible", message, { retryable: false });
}

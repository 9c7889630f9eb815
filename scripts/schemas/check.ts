/**
 * The check of the schemas: each of them and every version it ever had can read one another (FULL_TRANSITIVE), and no
 * version is lost. It needs no registry, so it fails before anything is deployed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Type } from "avsc";
import { INBOX_TOPICS } from "../../src/actors/ports.ts";
import { readSchemaFiles, type SchemaFile } from "../../src/infra/avro/schema-files.ts";
import { obstacles, parseSchema } from "./compatibility.ts";
import { alteredSinceCommitted } from "./git-history.ts";
import { addVersion, type History, readHistory } from "./history.ts";

const TOPICS: readonly string[] = [...INBOX_TOPICS, "order-events"];

export interface SchemaCheck {
  readonly schemas: number;
  readonly versions: number;
  readonly comparedWithGit: boolean;
  /** What must not stay so, one sentence each. */
  readonly problems: readonly string[];
  /** Schemas that are new or changed, compatibly: they wait to be accepted. */
  readonly unaccepted: readonly string[];
}

/** Checks the schemas of a folder. */
export function checkSchemas(folder: string): SchemaCheck {
  const files = readSchemaFiles(folder);
  const history = readHistory(folder);
  const altered = alteredSinceCommitted(folder);
  const lost = [...history.versions.keys()].filter((subject) => !files.some((file) => file.subject === subject));
  return {
    schemas: files.length,
    versions: [...history.versions.values()].flat().length,
    comparedWithGit: altered !== null,
    problems: [
      ...history.problems,
      ...(altered ?? []),
      ...lost.map((subject) => `${subject} is gone, and its topic may still hold records of it: restore the file`),
      ...files.flatMap((file) => problemsOf(file, history)),
    ],
    unaccepted: files.filter((file) => !isAccepted(file, history)).map(({ subject }) => subject),
  };
}

/** Adds what is new or changed to the history. The check must have found no problem. */
export function acceptSchemas(folder: string, { problems, unaccepted }: SchemaCheck): void {
  if (problems.length > 0) throw new Error("schemas with problems cannot be accepted");
  const { versions } = readHistory(folder);
  for (const subject of unaccepted) {
    const text = readFileSync(join(folder, `${subject}.avsc`), "utf8");
    addVersion(folder, subject, (versions.get(subject)?.length ?? 0) + 1, text);
  }
}

function problemsOf({ subject, topic, recordName, text }: SchemaFile, { versions }: History): readonly string[] {
  let schema: Type;
  try {
    schema = parseSchema(text);
  } catch (error) {
    return [`${subject} is no schema: ${(error as Error).message}`];
  }
  const misnamed =
    schema.name === recordName && TOPICS.includes(topic)
      ? []
      : [`${subject} is not <topic>-<record> of ${schema.name}`];
  const incompatible = (versions.get(subject) ?? []).flatMap((version, index) => {
    const earlier = parseSchema(version);
    return [
      ...obstacles(schema, earlier).map((reason) => `${subject} cannot read its version ${index + 1}: ${reason}`),
      ...obstacles(earlier, schema).map((reason) => `version ${index + 1} of ${subject} cannot read it: ${reason}`),
    ];
  });
  return [...misnamed, ...incompatible];
}

function isAccepted({ subject, text }: SchemaFile, { versions }: History): boolean {
  const latest = versions.get(subject)?.at(-1);
  return latest !== undefined && JSON.stringify(JSON.parse(latest)) === text;
}

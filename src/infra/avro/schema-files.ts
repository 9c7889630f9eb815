/**
 * The Avro schemas of the project, as they lie in `schemas/`: one file for each record type of a topic. A file is named
 * for its subject in the registry, which is the topic and the record's full name (TopicRecordNameStrategy).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const SCHEMAS_FOLDER = fileURLToPath(new URL("../../../schemas", import.meta.url));
export const INBOX_NAMESPACE = "orderloom.inbox.";
export const EVENTS_NAMESPACE = "orderloom.events.";

const EXTENSION = ".avsc";

export interface SchemaFile {
  /** Its subject without the prefix of topics, for example `payments-orderloom.inbox.ReceivePayment`. */
  readonly subject: string;
  readonly topic: string;
  /** The record's full name, for example `orderloom.inbox.ReceivePayment`. */
  readonly recordName: string;
  /** The schema as JSON, without the file's line breaks. */
  readonly text: string;
}

/** The schemas of a folder, in the order of their subjects; the folders in it are left alone. */
export function readSchemaFiles(folder: string = SCHEMAS_FOLDER): readonly SchemaFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(EXTENSION));
  return names.toSorted().map((name) => {
    const subject = name.slice(0, -EXTENSION.length);
    // Names of topics have hyphens, and names of records have none.
    const hyphen = subject.lastIndexOf("-");
    return {
      subject,
      topic: subject.slice(0, hyphen),
      recordName: subject.slice(hyphen + 1),
      text: JSON.stringify(JSON.parse(readFileSync(join(folder, name), "utf8"))),
    };
  });
}

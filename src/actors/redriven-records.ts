/** The records of dead letters as they go to their topics again: as they were, or edited by whoever sends them. */
import { bytesOfBase64 } from "./base64.ts";
import { REDRIVE_LETTER, REDRIVE_OPERATOR } from "./dead-letter.ts";
import type { StoredLetter } from "./dead-letter-documents.ts";
import type { LetterEdit } from "./dead-letter-requests.ts";
import type { Operator } from "./operators.ts";
import type { InboxTopic, NewRecord } from "./ports.ts";

/** The record of a letter as it goes to its topic again. */
export function recordAgain({ summary, contents }: StoredLetter, edit: LetterEdit, { name }: Operator): NewRecord {
  const { payload, encoding, headers } = contents;
  return {
    topic: summary.source.topic as InboxTopic,
    key: edit.key ?? contents.key,
    value: edit.payload ?? (encoding === "text" ? payload : bytesOfBase64(payload)),
    headers: {
      ...Object.fromEntries(headers.map((header) => [header.name, header.value])),
      [REDRIVE_LETTER]: summary.id,
      [REDRIVE_OPERATOR]: name,
    },
  };
}

/**
 * The records of dead letters as they go to their topics again: as they were, or edited by whoever sends them. A decision
 * about a payment names who made it, and its order keeps that: whoever edits one makes it their own, whatever name is in it.
 */
import { bytesOfBase64 } from "./base64.ts";
import { REDRIVE_LETTER, REDRIVE_OPERATOR } from "./dead-letter.ts";
import type { StoredLetter } from "./dead-letter-documents.ts";
import type { LetterEdit } from "./dead-letter-requests.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { Operator } from "./operators.ts";
import type { InboxTopic, NewRecord } from "./ports.ts";

export type RecordAgain = (letter: StoredLetter, edit: LetterEdit, operator: Operator) => NewRecord;

/** Makes the function that tells the record of a letter as it goes to its topic again. */
export function createRecordAgain(codec: MessageCodec): RecordAgain {
  return ({ summary, contents }, edit, operator) => {
    const { payload, encoding, headers } = contents;
    const record: NewRecord = {
      topic: summary.source.topic as InboxTopic,
      key: edit.key ?? contents.key,
      value: edit.payload ?? (encoding === "text" ? payload : bytesOfBase64(payload)),
      headers: {
        ...Object.fromEntries(headers.map((header) => [header.name, header.value])),
        [REDRIVE_LETTER]: summary.id,
        [REDRIVE_OPERATOR]: operator.name,
      },
    };
    return edit.payload === undefined ? record : signedBy(operator, record, codec);
  };
}

function signedBy({ keyId, name }: Operator, record: NewRecord, codec: MessageCodec): NewRecord {
  const decoded = codec.decode({ ...record, shard: 0, offset: 0, timestampMs: 0 });
  if (decoded.type !== "message" || decoded.message.type !== "DecidePayment") return record;
  return { ...record, value: codec.encode({ ...decoded.message, operator: { keyId, name } }).value };
}

/** How messages look on the log's topics; the adapter knows the wire format and its schemas. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { Message } from "../domain/messages.ts";
import type { LogRecord, NewRecord } from "./ports.ts";

export type Decoded =
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "unreadable"; readonly code: ErrorCode; readonly detail: string };

export interface MessageCodec {
  /** Reads a record of an inbox topic. Never throws for what the record holds. */
  decode(record: LogRecord): Decoded;
  /** Writes a message as a record of the topic that carries its type. */
  encode(message: Message): NewRecord;
}

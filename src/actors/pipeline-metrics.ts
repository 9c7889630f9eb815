/** What the pipeline counts while it works. The names follow what happened; an adapter turns them into metrics. */
import type { ErrorCode } from "../domain/error-codes.ts";
import type { OrderStatus } from "../domain/order.ts";
import type { MailOutcome, Topic } from "./ports.ts";

export type MessageResult = "applied" | "repeated" | "refused" | "unreadable" | "forwarded";

/** Which record became a dead letter, and why; nothing of what it holds. */
export interface ParkedRecord {
  readonly topic: Topic;
  readonly shard: number;
  readonly offset: number;
  readonly code: ErrorCode;
}

export interface PipelineMetrics {
  /** A message of a topic was handled. */
  message(topic: Topic, result: MessageResult): void;
  /** An order came into a status, `durationS` seconds after it came into the one before (null for its first). */
  order(status: OrderStatus, previous: OrderStatus | null, durationS: number | null): void;
  /** An attempt to send a mail ended, `sinceQueuedS` seconds after the mail was queued. */
  mail(outcome: MailOutcome["type"], sinceQueuedS: number): void;
  /** A reactor handled commits. */
  reactor(name: string, commits: number): void;
  /** A message became a dead letter, which is stored. */
  deadLetter(letter: ParkedRecord): void;
  /** Something failed and was handled: retried or refused. */
  error(code: ErrorCode, where: string): void;
}

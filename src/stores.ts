/** The log and the stores of a process, open and checked, whichever engines they run on. */
import type { ActLog, OperatorKeys } from "./actors/operators.ts";
import type { EventStore, MailLedger, MessageLog, ViewStore } from "./actors/ports.ts";

export interface Stores {
  readonly log: MessageLog;
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ledger: MailLedger;
  readonly operatorKeys: OperatorKeys;
  readonly actLog: ActLog;
  /** True when no other process can be on them. */
  readonly exclusive: boolean;
  /** Where the data is, in words for people. */
  readonly place: string;
  /** What was created or found when they were opened, in lines for people. */
  readonly prepared: readonly string[];
  /** How many operations of the store wait for an answer. */
  pendingOperations(): number;
  /** Rejects when the log cannot be used now. */
  probeLog(): Promise<unknown>;
  /** Rejects when the store cannot be used now. */
  probeStore(): Promise<unknown>;
  stop(): Promise<void>;
}

/** The log and the stores for a command that only looks. Nothing was created when they were opened, and nothing can be. */
export interface ReadableStores {
  readonly log: Pick<MessageLog, "inboxLag" | "read" | "endOffsets" | "asConsumed">;
  readonly eventStore: Pick<EventStore, "readOrders" | "readShard" | "head">;
  readonly viewStore: Pick<ViewStore, "getMany" | "list" | "scan" | "checkpoint" | "activeVersion">;
  readonly ledger: Pick<MailLedger, "get" | "scan">;
  readonly operatorKeys: Pick<OperatorKeys, "list">;
  /** Indexes that the store should have and has not: reading does without them. */
  readonly missingIndexes: readonly string[];
  stop(): Promise<void>;
}

/** What stores tell about while they are open. */
export interface StoreEvents {
  /** A part is lost that the process cannot do without. */
  crash(error: Error): void;
  /** Something failed and is tried again. */
  retriedError(error: unknown): void;
}

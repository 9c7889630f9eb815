/**
 * What the pipeline needs from the outside, owned by the inside. Each port has one contract suite
 * (test/support/contracts) that every adapter passes; nothing above the ports knows which adapter runs.
 * Every method may throw an OperationalError; whatever else it throws is a bug.
 */
import type { OrderLine } from "../domain/catalogue.ts";
import type { OrderEvent } from "../domain/events.ts";
import type { Customer } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";

/** The topics that bring work in; their partitions are the shards. */
export const INBOX_TOPICS = ["orders", "payments", "order-commands"] as const;
/** Where stored events are published, and where messages go that cannot be processed. */
export const OUTBOX_TOPICS = ["order-events", "dead-letters"] as const;
export type InboxTopic = (typeof INBOX_TOPICS)[number];
export type Topic = InboxTopic | (typeof OUTBOX_TOPICS)[number];

/** Text where the bytes are UTF-8 and do not begin with a zero byte, which announces Avro; else the bytes. */
export type RecordValue = string | Uint8Array;

/** A message on its way into the log. The key decides the shard (`shardOf`). */
export interface NewRecord {
  readonly topic: Topic;
  readonly key: string;
  readonly value: RecordValue;
  readonly headers: Readonly<Record<string, string>>;
}

/** A message in the log. `value` is what arrived, readable or not. */
export interface LogRecord extends NewRecord {
  readonly shard: number;
  readonly offset: number;
  /** When the log stored it, in milliseconds since 1970. */
  readonly timestampMs: number;
  /** What arrived, where `value` is a translation of it. */
  readonly original?: RecordValue;
  /** Why the log could not make anything readable of what arrived. */
  readonly unreadable?: string;
}

/** Records of one shard, in the order of their offsets within each topic. */
export interface ShardBatch {
  readonly shard: number;
  readonly records: readonly LogRecord[];
}

/** How far the inbox of a shard has been written and read. */
export interface InboxLag {
  readonly shard: number;
  readonly topic: InboxTopic;
  /** The offset that the next record will get. */
  readonly endOffset: number;
  /** The offset of the first record that is not processed. */
  readonly committedOffset: number;
  /**
   * When the oldest unprocessed record was stored, in milliseconds since 1970; null when there is none. A log that
   * cannot tell exactly says an earlier time, never a later one, and 0 when it cannot tell at all.
   */
  readonly oldestUnreadMs: number | null;
  /** Names the process that consumes it; null when nobody does, or when there is only one. */
  readonly owner: string | null;
}

export interface InboxHandlers {
  /** Processes a batch. Its offsets are committed after it resolves; when it throws, the batch comes again. */
  onBatch(batch: ShardBatch): Promise<void>;
  /** The shard belongs to this process from now on: whatever is remembered of it may be stale. */
  onAssigned(shard: number): void;
  /** The shard may belong to another process from now on: never where there is no other, so that its last effects come about. */
  onRevoked(shard: number): void;
}

export interface InboxConsumer {
  /** Lets the batch in progress finish, commits its offsets and stops. Idempotent. */
  stop(): Promise<void>;
}

/** A partitioned, durable log of messages. */
export interface MessageLog {
  /**
   * Stores records; resolves when all of them are durable. Records of one topic and shard keep their order.
   * @throws OperationalError `log_unavailable` when none was stored, `outcome_unknown` when some may have been,
   *   `record_too_large` when the log will never take one of them.
   */
  produce(records: readonly NewRecord[]): Promise<void>;
  /** Starts to consume the inbox topics of the shards that this process owns. Batches of one shard never overlap. */
  consumeInbox(handlers: InboxHandlers): Promise<InboxConsumer>;
  /** The inbox lag of every shard and topic. */
  inboxLag(): Promise<readonly InboxLag[]>;
  /** Reads a topic of one shard from an offset, oldest first: for what is read seldom, not for the inbox. */
  read(topic: Topic, shard: number, fromOffset: number, limit: number): Promise<readonly LogRecord[]>;
  /** The offset that the next record of each shard will get, for all shards in one round trip: for polling. */
  endOffsets(topic: Topic): Promise<ReadonlyMap<number, number>>;
  /** Records as `consumeInbox` would hand them out: a log that translates what arrives translates these, too. */
  asConsumed(records: readonly LogRecord[]): Promise<readonly LogRecord[]>;
}

/** All the events that one message caused: the unit of the shard log. */
export interface Commit {
  readonly shard: number;
  /** Contiguous in the shard, from 1; assigned by the shard's owner. */
  readonly position: number;
  readonly orderId: string;
  /** The number of this commit's first event within its order, from 1. */
  readonly sequence: number;
  readonly causeId: string;
  readonly events: readonly OrderEvent[];
  /** ISO 8601 instant in UTC. */
  readonly recordedAt: string;
}

export type AppendResult =
  | { readonly type: "appended" }
  /**
   * The commit at `index` was refused, those before it are stored and those after it are not.
   * `staleOwner`: the position is taken, so another process writes this shard. `conflict`: the order has
   * moved on. `repeatedCause`: the message already took effect.
   */
  | { readonly type: "refused"; readonly index: number; readonly reason: "staleOwner" | "conflict" | "repeatedCause" };

/** The shard logs. Unique per shard: the position, an order's sequence, and an order's cause. */
export interface EventStore {
  /** Appends commits of one shard in order; resolves when they are durable. */
  append(commits: readonly Commit[]): Promise<AppendResult>;
  /** The commits of some orders of a shard, each order's oldest first. Orders without any are absent. */
  readOrders(shard: number, orderIds: readonly string[]): Promise<ReadonlyMap<string, readonly Commit[]>>;
  /** Up to `limit` commits of a shard with a position above `afterPosition`, in order. */
  readShard(shard: number, afterPosition: number, limit: number): Promise<readonly Commit[]>;
  /** The position of the last commit of a shard; 0 when it has none. */
  head(shard: number): Promise<number>;
  /** Those of some shards that hold commits after the given position, in one round trip: for polling. */
  changedShards(after: ReadonlyMap<number, number>): Promise<readonly number[]>;
}

export type FieldValue = string | number;

/** A read model's shape: which fields of its documents can be filtered and sorted by. */
export interface ViewDefinition {
  readonly name: string;
  /** Names of document fields, with the type their values have. */
  readonly fields: Readonly<Record<string, "text" | "integer">>;
  /** Field lists that listings use, the sort field last; the document id breaks ties. */
  readonly indexes: readonly (readonly string[])[];
}

export type ViewDocument = Readonly<Record<string, unknown>>;

/** A place in a view's version: rebuilt views are written beside the one that is read. */
export interface ViewVersion {
  readonly view: string;
  readonly version: number;
}

export type ViewWrite =
  | { readonly type: "put"; readonly target: ViewVersion; readonly id: string; readonly document: ViewDocument }
  | { readonly type: "delete"; readonly target: ViewVersion; readonly id: string }
  /**
   * Puts a mail into the ledger; one that is already there stays as it is. With a claim, a mail that is new is
   * handed out at once: its first attempt is stored with it.
   */
  | { readonly type: "enqueueMail"; readonly mail: QueuedMail; readonly claim?: MailClaim }
  /**
   * The order knows what became of the mail, after `round` decisions of people: nothing is left to report. A mail that
   * somebody decided about since then stays open.
   */
  | { readonly type: "closeMail"; readonly messageId: string; readonly round: number };

/** A reactor's progress: the last position it has handled, per shard. */
export interface Checkpoint {
  readonly reactor: string;
  readonly positions: ReadonlyMap<number, number>;
}

export interface ViewQuery {
  readonly where: Readonly<Record<string, FieldValue>>;
  readonly sortBy: string;
  readonly direction: "ascending" | "descending";
  readonly limit: number;
  /** Only documents whose sort field is at most this (`ascending`) or at least this (`descending`). */
  readonly until?: FieldValue;
  /** Continue after the document with this sort value and id. */
  readonly after?: { readonly value: FieldValue; readonly id: string };
}

export type ApplyResult =
  /** All is stored; `attempts` are those of new mails that were claimed as they were put in, in their order. */
  | { readonly type: "applied"; readonly attempts: readonly MailAttempt[] }
  /** Nothing is stored: another process has taken the reactor's checkpoint of one of the shards further. */
  | { readonly type: "behind" };

/** Read models, each written in one transaction with the checkpoint of the reactor that writes it. */
export interface ViewStore {
  /** Creates what a view's version needs. Idempotent. */
  define(definition: ViewDefinition, version: number): Promise<void>;
  /**
   * Applies all writes and the checkpoint, or none of them; resolves when they are durable. A checkpoint never moves
   * back: that keeps a process that lost a shard, and does not know it yet, from writing older documents over newer ones.
   */
  apply(writes: readonly ViewWrite[], checkpoint?: Checkpoint): Promise<ApplyResult>;
  /**
   * Puts each document that is the first of its id, and leaves those alone that are there: of many processes one wins.
   * Resolves, when all is durable, with what is there under each id.
   */
  putNew(target: ViewVersion, documents: ReadonlyMap<string, ViewDocument>): Promise<ReadonlyMap<string, ViewDocument>>;
  /** The documents of these ids; absent ones are left out. */
  getMany(target: ViewVersion, ids: readonly string[]): Promise<ReadonlyMap<string, ViewDocument>>;
  list(target: ViewVersion, query: ViewQuery): Promise<readonly { id: string; document: ViewDocument }[]>;
  /** Up to `limit` documents whose ids come after one ("": from the first), by id: all of a view, page by page. */
  scan(
    target: ViewVersion,
    page: { readonly afterId: string; readonly limit: number },
  ): Promise<readonly { id: string; document: ViewDocument }[]>;
  /** The positions a reactor has reached; a shard it never handled is absent. */
  checkpoint(reactor: string): Promise<ReadonlyMap<number, number>>;
  /** Forgets a reactor's progress, so that it handles everything again. */
  resetCheckpoint(reactor: string): Promise<void>;
  /** The version that is read; null before the first one is activated. */
  activeVersion(view: string): Promise<number | null>;
  /** Makes a version the one that is read, and drops all others of the view. */
  activate(target: ViewVersion): Promise<void>;
}

/** The content of a confirmation mail, as facts; the mailer gives it its words and looks. */
export interface ConfirmationMail {
  readonly kind: "confirmation";
  readonly messageId: string;
  readonly orderId: string;
  readonly customer: Customer;
  readonly lines: readonly OrderLine[];
  readonly total: Money;
}

export interface QueuedMail {
  readonly shard: number;
  readonly queuedAtMs: number;
  readonly mail: ConfirmationMail;
}

/** Who may send a mail, and until when nobody else may. */
export interface MailClaim {
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseUntilMs: number;
}

/** A mail that this process alone may send now. Its attempt is stored before this is handed out. */
export interface MailAttempt {
  readonly shard: number;
  readonly mail: ConfirmationMail;
  /** From 1. */
  readonly attempt: number;
  readonly queuedAtMs: number;
  /** How many earlier attempts ended with an unknown outcome: above 0, this one may be a repeat. */
  readonly unknownAttempts: number;
  /** The last decision of a person to send it; null when nobody decided about it. */
  readonly resend: Resend | null;
}

/** A person wants a mail to be sent, once more or after all. */
export interface Resend {
  /** The number of this decision among those about the mail, from 1. */
  readonly round: number;
  readonly atMs: number;
  /** The last attempt before it. */
  readonly afterAttempt: number;
}

/** What became of an attempt. `deferred` and `unknown` are tried again at `retryAtMs`; null leaves it to a person. */
export type MailOutcome =
  | { readonly type: "accepted" | "refused"; readonly response: string }
  | { readonly type: "deferred"; readonly response: string; readonly retryAtMs: number }
  | { readonly type: "unknown"; readonly response: string; readonly retryAtMs: number | null };

/** `dropped`: a person decided that it is not sent. */
export type MailState = "queued" | "attempting" | "accepted" | "refused" | "deferred" | "unknown" | "dropped";

/** What a person decided about a mail: `send` it now, or `drop` it for good. Kept for ever. */
export interface MailDecision {
  readonly decision: "send" | "drop";
  readonly operator: { readonly keyId: string; readonly name: string };
  readonly reason: string;
  readonly atMs: number;
}

/** What staff look for: mails in these states, and `held`, those of unknown outcome that wait for a person. */
export const MAIL_DESK_FILTERS = ["held", "unknown", "deferred", "refused", "dropped"] as const;
export type MailDeskFilter = (typeof MAIL_DESK_FILTERS)[number];

/** A mail as the ledger has it, with the whole history of its attempts. */
export interface MailEntry {
  readonly messageId: string;
  readonly orderId: string;
  readonly shard: number;
  readonly customer: Customer;
  readonly queuedAtMs: number;
  readonly state: MailState;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly startedAtMs: number;
    readonly outcome: MailOutcome | null;
  }[];
  readonly retryAtMs: number | null;
  /** True once the order's events tell the outcome. */
  readonly closed: boolean;
  /** What people decided about it, oldest first. */
  readonly decisions: readonly MailDecision[];
}

/** A mail of which the order has to hear. */
export interface FinishedMail {
  readonly mail: Pick<ConfirmationMail, "kind" | "messageId" | "orderId">;
  /** `response`: what the mail server answered, or why a person dropped it. */
  readonly outcome: { readonly type: "accepted" | "refused" | "dropped"; readonly response: string };
  /** How many decisions of people went before. */
  readonly round: number;
}

/** The ledger of effects: what was attempted, with which outcome. It is never rebuilt. */
export interface MailLedger {
  /**
   * Hands out up to `limit` mails of these shards that are due, oldest first, and stores an attempt of each
   * under `owner` until `leaseUntilMs`. Resolves when the attempts are durable.
   */
  claim(
    request: MailClaim & { readonly shards: readonly number[]; readonly limit: number },
  ): Promise<readonly MailAttempt[]>;
  /** Stores outcomes; an attempt that is no longer the current one is left alone. Resolves when durable. */
  record(
    outcomes: readonly { readonly messageId: string; readonly attempt: number; readonly outcome: MailOutcome }[],
  ): Promise<void>;
  /**
   * Marks attempts whose owner is gone as unknown: those whose lease ended before `nowMs`, and with
   * `exceptOwner` all that belong to anyone else (an embedded store has one process at a time).
   * @returns the Message-IDs it marked.
   */
  abandon(request: {
    readonly nowMs: number;
    readonly exceptOwner?: string;
    readonly retryAtMs: number | null;
  }): Promise<readonly string[]>;
  /** Mails with a final outcome that the order may not know yet, oldest first. */
  unreported(shards: readonly number[], limit: number): Promise<readonly FinishedMail[]>;
  /** How many mails are in each state. */
  counts(): Promise<Readonly<Record<MailState, number>>>;
  /** The mails of these Message-IDs, for support staff; absent ones are left out. */
  get(messageIds: readonly string[]): Promise<readonly MailEntry[]>;
  /** Up to `limit` mails whose Message-IDs come after one ("": from the first), by Message-ID: all mails, page by page. */
  scan(page: { readonly afterMessageId: string; readonly limit: number }): Promise<readonly MailEntry[]>;
  /** Mails that staff may have to look at, those that were queued last first. */
  list(query: {
    readonly filter: MailDeskFilter;
    readonly limit: number;
    /** Continue after the mail that was queued then. */
    readonly after?: { readonly queuedAtMs: number; readonly messageId: string };
  }): Promise<readonly MailEntry[]>;
  /**
   * Stores a decision and lets it take effect; resolves when it is durable. A mail to be sent is due at once, and counts
   * as unreported until its order knows the new outcome. `undecidable`: `mayDecide` says no by now.
   */
  decide(messageId: string, decision: MailDecision): Promise<"decided" | "undecidable" | "missing">;
}

/** What became of a mail that was handed to the mail server. */
export type MailAnswer =
  | { readonly type: "accepted" | "refused"; readonly response: string }
  /** `unreachable`: it says nothing about the mail, because the mail server could not be talked to. */
  | { readonly type: "deferred"; readonly response: string; readonly unreachable?: true }
  /** The connection broke after the body may have left. */
  | { readonly type: "unknown"; readonly response: string };

/** Sends mail. Never throws for what a mail server answers or fails to answer: that is an outcome. */
export interface Mailer {
  /** @param mayBeRepeat an earlier attempt may have been delivered: the mail says so in a header. */
  send(mail: ConfirmationMail, mayBeRepeat?: boolean): Promise<MailAnswer>;
  /** Lets sends in progress end for a few seconds, then breaks them off, and closes all connections. Idempotent. */
  stop(): Promise<void>;
}

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Runs `callback` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export interface Random {
  /** A new unique id: a UUID that sorts by time. */
  id(): string;
  /** A number of at least 0 and below 1. */
  fraction(): number;
}

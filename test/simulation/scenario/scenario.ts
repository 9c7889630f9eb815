/**
 * A scenario is all that decides a run, as plain data: the settings of the world, what its people do, and what goes
 * wrong when. A seed makes a scenario; a scenario that fails is made smaller by leaving parts of it out.
 */

import type { InboxTopic } from "../../../src/actors/ports.ts";
import type { RequestedItem } from "../../../src/domain/catalogue.ts";
import type { Customer, PaymentDecision } from "../../../src/domain/messages.ts";
import type { Money } from "../../../src/domain/money.ts";

/** The calls of the ports that can go wrong one by one. */
export const READ_CALLS = [
  "log.fetch",
  "log.offsets",
  "log.inboxLag",
  "events.readOrders",
  "events.readShard",
  "events.head",
  "events.changedShards",
  "views.checkpoint",
  "views.list",
  "ledger.unreported",
] as const;
export const WRITE_CALLS = [
  "log.produce",
  "log.commit",
  "events.append",
  "views.apply",
  "ledger.claim",
  "ledger.record",
  "ledger.abandon",
] as const;
export type CallName = (typeof READ_CALLS)[number] | (typeof WRITE_CALLS)[number];

/**
 * How a call goes wrong. `before`: nothing was done. `after`: all was done and the reply is lost. `late`: the caller
 * hears of a failure at once, and it is done all the same, later. `slow`: the reply comes late. `twice`: it is done
 * again later. `partial`: a part was done and the reply is lost. `crash`: the caller dies of it, whether it was done or not.
 */
export const WRITE_MODES = ["before", "after", "late", "slow", "twice", "partial", "crash"] as const;
export const READ_MODES = ["before", "slow", "crash"] as const;
export type CallMode = (typeof WRITE_MODES)[number];

export const MAIL_MODES = ["deferred", "refused", "sentUnknown", "lostUnknown", "slow", "twice"] as const;
export type MailMode = (typeof MAIL_MODES)[number];

/** A part of the world that fails as a whole. */
export type Machine = "log" | "stores" | "mail";

export type Fault = { readonly atMs: number } & (
  | { readonly type: "call"; readonly call: CallName; readonly mode: CallMode; readonly delayMs: number }
  | { readonly type: "mail"; readonly mode: MailMode; readonly delayMs: number }
  /** The process is gone at once, and another starts in its place. */
  | { readonly type: "crash"; readonly process: number; readonly downMs: number }
  /** The process is asked to stop, and another starts in its place. */
  | { readonly type: "stop"; readonly process: number; readonly downMs: number }
  /** The process stands still; the group may give its shards away, and it goes on without knowing. */
  | { readonly type: "stall"; readonly process: number; readonly forMs: number }
  | { readonly type: "rebalance" }
  | { readonly type: "clockStep"; readonly process: number; readonly byMs: number }
  /**
   * While the next write of this kind is on its way, its machine loses what it has not synced; with `crashesAll` every
   * process runs on it, and is gone, too.
   */
  | {
      readonly type: "powerLoss";
      readonly during: (typeof WRITE_CALLS)[number];
      readonly forMs: number;
      readonly crashesAll: boolean;
    }
  | { readonly type: "outage"; readonly machine: Machine; readonly forMs: number }
);

/** Over the front door of a process, or straight into the log as another system does it. */
export type Route = "http" | "log";

/** When money was paid: at a time since the beginning, or so long after the order's deadline. */
export type PaidAt = { readonly atMs: number } | { readonly afterDeadlineMs: number };

/** What somebody does. `order` is the idempotency key of the order that it is about. */
export type Op = { readonly atMs: number; readonly order: string } & (
  | {
      readonly type: "submit";
      readonly route: Route;
      readonly customer: Customer;
      readonly items: readonly RequestedItem[];
      readonly quotedTotal?: Money;
    }
  | {
      readonly type: "pay";
      readonly route: Route;
      readonly paymentId: string;
      readonly amount: Money;
      readonly paidAt: PaidAt;
      readonly partial: boolean;
      /** The provider reports it by this webhook. */
      readonly webhookId?: string;
    }
  | {
      readonly type: "refund";
      readonly route: Route;
      readonly refundId: string;
      readonly amount: Money;
      readonly webhookId?: string;
    }
  | { readonly type: "cancel"; readonly route: Route; readonly commandId: string; readonly reason: string | null }
  /** A person decides about a payment of this id; `toOrder` is the key of the order that gets the money. */
  | {
      readonly type: "decide";
      readonly paymentId: string;
      readonly commandId: string;
      readonly decision: PaymentDecision;
      readonly toOrder?: string;
    }
  | { readonly type: "read"; readonly how: "get" | "wait" | "list" | "timeline" | "mails" }
  /** A record that nobody should send. `misrouted`: a good message in the wrong shard. */
  | { readonly type: "poison"; readonly topic: InboxTopic; readonly form: PoisonForm }
);

export const POISON_FORMS = [
  "bytes",
  "notJson",
  "unknownType",
  "wrongTopic",
  "wrongKey",
  "badMoney",
  "misrouted",
] as const;
export type PoisonForm = (typeof POISON_FORMS)[number];

/** What a process does: everything, everything but answering requests, or only that. */
export type Role = "all" | "worker" | "api";

export interface Settings {
  readonly shards: number;
  readonly processes: readonly Role[];
  readonly paymentWindowMs: number;
  readonly watermarkMs: number;
  readonly unknownPolicy: "resend" | "hold";
  readonly mailConcurrency: number;
  readonly maxBatchRecords: number;
  /** The most that a request, a reply or a sync takes. */
  readonly maxLatencyMs: number;
  /** The most that a member of the group waits to hear of a rebalance. */
  readonly maxNoticeMs: number;
  /** After so long the group gives the shards of a silent member away. */
  readonly sessionMs: number;
  /** The log takes offsets of members that no longer own the shard. */
  readonly takesStaleOffsets: boolean;
  /** A rebalance takes every shard away before it gives them out again. */
  readonly eagerRebalance: boolean;
  /** How many orders a process remembers, at each of the places where it does. */
  readonly capacity: number;
  /** Whether the whole log is replayed in the end (Q6). */
  readonly replays: boolean;
  /** From then on nothing goes wrong any more. */
  readonly chaosMs: number;
}

export interface Scenario {
  /** Decides latencies, and which of two things at one time comes first. */
  readonly seed: number;
  readonly settings: Settings;
  readonly ops: readonly Op[];
  readonly faults: readonly Fault[];
}

/** What is known about why an order waits, before it is put into words. */
import type { Message } from "../domain/messages.ts";
import type { Sender } from "./message-senders.ts";
import type { OrderView } from "./order-view.ts";
import type { InboxLag, MailEntry } from "./ports.ts";
import type { UsualTime } from "./usual-times.ts";

/** A message that would move the order on. */
export interface Mover extends Sender {
  readonly message: Message["type"];
}

export interface WhyDeadline {
  readonly at: string;
  /** The order expires then at the earliest, if nothing happens. */
  readonly expiresFrom: string;
  /** How far in time the shard has come; null while it is unknown. The deadline fires once this has passed it. */
  readonly watermark: string | null;
  /** Streams that hold the watermark back, because they are not read to their ends. */
  readonly waitsFor: readonly InboxLag["topic"][];
}

export interface WhyShard {
  readonly shard: number;
  readonly unreadMessages: number;
  /** The age of the oldest of them; 0 when there is none, null when it cannot be told. */
  readonly oldestUnreadSeconds: number | null;
}

export interface WhyMail {
  readonly state: MailEntry["state"];
  readonly attempts: number;
  readonly nextTryAt: string | null;
  /** A person decides what becomes of it. */
  readonly isHeld: boolean;
}

export interface WhyFacts {
  readonly orderId: string;
  readonly status: OrderView["status"];
  readonly money: OrderView["money"];
  /** When the order came into this status, or its money became due: an ISO 8601 instant in UTC. */
  readonly since: string;
  /** False once nothing more will happen, and nothing has to. */
  readonly waits: boolean;
  readonly waitsFor: readonly Mover[];
  readonly deadline: WhyDeadline | null;
  readonly shard: WhyShard;
  readonly mails: readonly WhyMail[];
  readonly parkedMessages: number;
  /** Payments for it about which a person has to decide at the payment desk. */
  readonly paymentsOnDesk: number;
  /** How long orders usually spend in this state; null when none has left it yet. */
  readonly usually: UsualTime | null;
}

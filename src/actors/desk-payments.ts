/**
 * The payments of an order that a person must look at, or had to, from the order's commits alone: the desk can be built
 * again at any time. Money that only waits for its order is among them, because it may turn out to wait in vain.
 */
import type { OrderEvent, PaymentDecided, RefundReason } from "../domain/events.ts";
import type { DecidingOperator, PaymentDecision } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import { evolve, NO_ORDER, quarantineIdOf } from "../domain/order.ts";
import { decidablePayment, keptMoney } from "../domain/payment-decision.ts";
import { type CountedElsewhere, NOWHERE_ELSE } from "./payment-places.ts";
import type { Commit } from "./ports.ts";

/**
 * Why a payment is on the desk. `repeated`: its id counts at another order, too. `other`: it is refund due for any other
 * reason, such as a second payment.
 */
export const DESK_KINDS = ["orphan", "late", "mismatched", "quarantined", "repeated", "other"] as const;
export type DeskKind = (typeof DESK_KINDS)[number];

/** `open`: somebody must look at it. `decided`: somebody has. `settled`: it went back without a decision. */
export const DESK_STATES = ["open", "decided", "settled"] as const;
export type DeskState = (typeof DESK_STATES)[number];

/** What is the default of WATERMARK_S. */
export const ORPHAN_AFTER_MS = 600_000;

export interface DeskDecision {
  readonly decision: PaymentDecision;
  readonly toOrderId: string | null;
  readonly operator: DecidingOperator;
  readonly reason: string;
  /** ISO 8601 instant in UTC. */
  readonly decidedAt: string;
  /** Why it did not fit; null for a decision that took effect. */
  readonly refusedBecause: string | null;
}

export interface DeskPayment {
  readonly orderId: string;
  /** Its id at the order, or `quarantineIdOf` a quarantined one: what a decision names. */
  readonly paymentId: string;
  readonly kind: DeskKind;
  /** The order at which its id counts, too; only of a repeated one. */
  readonly countedAt?: string;
  readonly state: DeskState;
  /** What there is to decide about; once it is decided, all that was paid. */
  readonly amount: Money;
  /** What came first under the id; only where the payment was quarantined. */
  readonly earlierAmount?: Money;
  readonly paidAt: string;
  /** Since when it is what it is: ISO 8601 instant in UTC. */
  readonly since: string;
  /** From then on somebody must look at it, in milliseconds since 1970. */
  readonly lookAtMs: number;
  /** The last one that took effect, and the last one that did not fit. */
  readonly decision: DeskDecision | null;
  readonly refused: DeskDecision | null;
}

interface Note {
  kind: DeskKind;
  earlierAmount?: Money;
  since: string;
  decision: DeskDecision | null;
  refused: DeskDecision | null;
}

/**
 * Every payment of an order by its id: what the desk shows of it, or null for one that concerns nobody.
 * @param elsewhere the other orders at which payments of this one count, too.
 * @param orphanAfterMs money that waits for its order is no orphan before: the order's own topic may be as late as the
 *   watermark allows.
 */
export function deskPaymentsOf(
  commits: readonly Commit[],
  elsewhere: CountedElsewhere = NOWHERE_ELSE,
  orphanAfterMs = ORPHAN_AFTER_MS,
): ReadonlyMap<string, DeskPayment | null> {
  const notes = new Map<string, Note>();
  let order = NO_ORDER;
  for (const { events, recordedAt } of commits) {
    for (const event of events) {
      order = evolve(order, event);
      takeNote(notes, event, recordedAt);
    }
  }
  const orderId = commits[0]?.orderId ?? "";
  const paymentIds = order.payments.map(({ paymentId }) => paymentId);
  const quarantined = order.quarantined.map((payment) => ({ ...payment, paymentId: quarantineIdOf(payment) }));
  const all = [...order.payments, ...quarantined.filter(({ paymentId }) => !paymentIds.includes(paymentId))];
  return new Map(
    all.map(({ paymentId, amount, paidAt }) => {
      const known = notes.get(paymentId);
      if (known === undefined) return [paymentId, null];
      const countedAt = elsewhere.get(paymentId);
      const note = countedAt === undefined ? known : { ...known, kind: "repeated" as const, countedAt };
      const found = decidablePayment(order, paymentId);
      const kept = countedAt === undefined ? null : keptMoney(order, paymentId);
      const isOpen = (found.type === "decidable" && note.decision?.decision !== "refund") || kept !== null;
      // Money that met its order, or went back before, has been an orphan for nobody.
      if (!isOpen && note.kind === "orphan" && note.decision === null) return [paymentId, null];
      const state = isOpen ? "open" : note.decision === null ? "settled" : "decided";
      const waitsForOrder = found.type === "decidable" && found.source === "parked" && note.kind !== "repeated";
      const lookAtMs = Date.parse(note.since) + (isOpen && waitsForOrder ? orphanAfterMs : 0);
      const left = found.type === "decidable" ? found.amount : (kept ?? amount);
      return [paymentId, { orderId, paymentId, ...note, state, amount: left, paidAt, lookAtMs }];
    }),
  );
}

/** True when what the desk shows of the order may be different after the commit. */
export function concernsDesk({ sequence, events }: Pick<Commit, "sequence" | "events">): boolean {
  const isParked = events.length === 1 && events[0]?.type === "PaymentReceived";
  return isParked || events.some(({ type }) => ON_DESK.has(type) || (OPENING.has(type) && sequence > 1));
}

const OPENING: ReadonlySet<OrderEvent["type"]> = new Set(["OrderReceived", "OrderTurnedAway"]);
const ON_DESK: ReadonlySet<OrderEvent["type"]> = new Set([
  "PaymentQuarantined",
  "RefundDue",
  "RefundRecorded",
  "PaymentDecided",
  "PaymentDecisionRefused",
  "PaymentMoved",
]);

function takeNote(notes: Map<string, Note>, event: OrderEvent, recordedAt: string): void {
  const changes = changesBy(event, recordedAt);
  if (changes === null) return;
  const blank: Note = { kind: "orphan", since: recordedAt, decision: null, refused: null };
  const before = notes.get(changes.paymentId);
  // What became of it by a decision, or later, does not change why a person had to look.
  const kept = before?.kind === "quarantined" ? { kind: before.kind } : {};
  notes.set(changes.paymentId, { ...blank, ...before, ...changes.note, ...kept });
}

/** What an event says about a payment; null for one that says nothing of interest to the desk. */
function changesBy(
  event: OrderEvent,
  recordedAt: string,
): { readonly paymentId: string; readonly note: Partial<Note> } | null {
  const { type, data } = event;
  if (type === "PaymentReceived") return { paymentId: data.paymentId, note: { kind: "orphan", since: recordedAt } };
  if (type === "RefundDue") {
    const kind = KIND_OF[data.reason];
    return kind === null ? null : { paymentId: data.paymentId, note: { kind, since: recordedAt } };
  }
  if (type === "PaymentQuarantined") {
    const { earlierAmount } = data;
    return { paymentId: quarantineIdOf(data), note: { kind: "quarantined", since: recordedAt, earlierAmount } };
  }
  if (type === "PaymentDecided") {
    return { paymentId: data.paymentId, note: { decision: decisionOf(data, recordedAt, null) } };
  }
  if (type === "PaymentDecisionRefused") {
    return { paymentId: data.paymentId, note: { refused: decisionOf(data, recordedAt, data.detail) } };
  }
  return null;
}

function decisionOf(
  data: Omit<PaymentDecided["data"], "source" | "amount">,
  decidedAt: string,
  refusedBecause: string | null,
): DeskDecision {
  const { decision, toOrderId = null, operator, reason } = data;
  return { decision, toOrderId, operator, reason, decidedAt, refusedBecause };
}

/**
 * Money is late, too, when its order expired before it came, or before the rest of it did. Nobody has to look at what the
 * payment provider has paid back already, and a decision that money goes back does not change why somebody had to look.
 */
const KIND_OF: Readonly<Record<RefundReason, DeskKind | null>> = {
  paidLate: "late",
  expired: "late",
  amountMismatch: "mismatched",
  currencyMismatch: "mismatched",
  notAwaitingPayment: "other",
  overpaid: "other",
  cancelled: "other",
  decided: null,
  paidBack: null,
};

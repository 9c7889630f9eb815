/** What must happen sometimes (Q8): a simulation that never gets there proves nothing about it. */
import type { OrderEventType, RefundReason } from "../../../src/domain/events.ts";
import { MAIL_MODES, READ_CALLS, READ_MODES, WRITE_CALLS, WRITE_MODES } from "../scenario/scenario.ts";

const EVENTS: Readonly<Record<Exclude<OrderEventType, "RefundDue">, true>> = {
  OrderReceived: true,
  OrderTurnedAway: true,
  PaymentReceived: true,
  PaymentCredited: true,
  PaymentQuarantined: true,
  OrderPaid: true,
  OrderValidated: true,
  OrderConfirmed: true,
  ConfirmationEmailed: true,
  ConfirmationRefused: true,
  OrderRejected: true,
  OrderExpired: true,
  OrderCancelled: true,
  CancellationRefused: true,
  RefundRecorded: true,
  PaymentDecided: true,
  PaymentDecisionRefused: true,
  PaymentMoved: true,
};
const REFUND_REASONS: Readonly<Record<RefundReason, true>> = {
  amountMismatch: true,
  currencyMismatch: true,
  paidLate: true,
  notAwaitingPayment: true,
  overpaid: true,
  cancelled: true,
  expired: true,
  decided: true,
  paidBack: true,
};

const FAULTS = [
  ...WRITE_CALLS.flatMap((call) => WRITE_MODES.map((mode) => `${call} ${mode}`)),
  ...READ_CALLS.flatMap((call) => READ_MODES.map((mode) => `${call} ${mode}`)),
  ...MAIL_MODES.map((mode) => `mail ${mode}`),
  ...["crash", "stop", "stall", "rebalance", "clockStep", "powerLoss", "outage"],
];

const OUTCOMES = [
  ...Object.keys(EVENTS).map((type) => `event ${type}`),
  ...Object.keys(REFUND_REASONS).map((reason) => `event RefundDue ${reason}`),
  ...["awaitingOrder", "received", "confirmed", "emailed"].map((status) => `paid back while ${status}`),
  ...["staleOwner", "conflict", "repeatedCause"].map((reason) => `append refused: ${reason}`),
  ...["applied", "behind"].map((result) => `apply ${result}`),
  ...["accepted", "deferred", "refused", "unknown"].map((outcome) => `mail ${outcome}`),
  ...["applied", "repeated", "refused", "unreadable", "forwarded"].map((result) => `message payments ${result}`),
  ...[
    "unreadable_message",
    "order_not_found",
    "payment_not_found",
    "refund_exceeds_received",
    "refund_id_reused",
    "idempotency_key_reused",
    "webhook_id_reused",
  ].map((code) => `letter ${code}`),
  ...["accepted", "idempotency_key_reused", "unknown_item"].map((answer) => `answer submit: ${answer}`),
  ...["accepted", "order_not_found", "order_not_cancellable"].map((answer) => `answer cancel: ${answer}`),
  "answer pay: webhook_id_reused",
  ...["accepted", "order_not_found", "refund_exceeds_received", "refund_id_reused"].map(
    (answer) => `answer refund: ${answer}`,
  ),
  "log: a batch comes again",
  "log: a zombie finishes its batch",
  "log: a zombie commits offsets",
  "log: an event is published again",
  "group: a shard moves between living processes",
  "group: a silent member comes back",
  "process: a start fails",
  "process: stops when asked",
  "expiry: after the watermark",
  "replay: a dead letter takes effect",
  "payment counts at two orders",
];

/** Everything that must occur over a long run, as `Coverage` names it. */
export const REACHABLE: readonly string[] = [...FAULTS.map((fault) => `fault ${fault}`), ...OUTCOMES];

/** What of it never occurred. */
export function unreached(counts: ReadonlyMap<string, number>): readonly string[] {
  return REACHABLE.filter((what) => !counts.has(what));
}

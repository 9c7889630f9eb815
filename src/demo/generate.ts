/**
 * Sends planned orders and their payments to the service, at a rate or as fast as they are answered, and tells of each
 * what was sent and answered. It keeps no list: memory does not grow with the number of orders.
 */
import { setTimeout as pause } from "node:timers/promises";
import { OperationalError } from "../actors/errors.ts";
import type { SubmissionAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";
import type { OrderKind } from "./mix.ts";
import type { PlannedOrder, PlannedPayment, PlannedRefund } from "./plan.ts";

export interface Pace {
  /** Orders per second; 0 sends as fast as they are answered. */
  readonly rate: number;
  /** Sends the orders of this much time together, in one burst; 0 spreads them evenly. */
  readonly everyMs: number;
}

/** What became of a planned order on its way in. */
export interface SentOrder {
  readonly order: PlannedOrder;
  /** Every answer to a submission of it. */
  readonly answers: readonly SubmissionAnswer[];
  /** What the service has acknowledged, each payment once. */
  readonly paid: readonly PlannedPayment[];
  /** How often a cancellation was sent. */
  readonly cancellations: number;
  /** Why the service did not take a part of it; null when it took all. */
  readonly failure: string | null;
}

/** The order that a payment or a refund is for. */
export type SentTo = Pick<PlannedOrder, "orderId" | "kind">;

/** Where orders are sent to: the public API, or the topics themselves. */
export interface OrderSender {
  submit(order: PlannedOrder): Promise<SubmissionAnswer>;
  pay(order: SentTo, payment: PlannedPayment, paidAt: string): Promise<void>;
  /** Returns how often it was asked: a repeat may be recorded as a cancellation that came too late. */
  cancel(orderId: string, reason: string): Promise<number>;
  /** Tells of a payment the way a provider does; a repeat has the same webhook id. */
  payByWebhook(order: SentTo, payment: PlannedPayment, paidAt: string): Promise<void>;
  /** Tells that money of an order went back. */
  refund(order: SentTo, refund: PlannedRefund): Promise<void>;
}

/** What a whole run is sent with. */
export type RunSender = OrderSender & Pick<ApiClient, "catalogue" | "retries" | "close">;

export interface GenerateOptions {
  readonly client: OrderSender;
  readonly plan: Iterable<PlannedOrder>;
  readonly pace: Pace;
  readonly concurrency: number;
  /** Aborted: no more orders are begun, and those in progress are finished. */
  readonly signal?: AbortSignal;
  readonly onSent: (sent: SentOrder) => void;
}

export interface GenerateSummary {
  readonly sent: number;
  readonly byKind: Readonly<Partial<Record<OrderKind, number>>>;
  /** Orders of which the service refused a part, and why, for the first few. */
  readonly failed: number;
  readonly failures: readonly string[];
  readonly elapsedMs: number;
}

const MAX_FAILURES_KEPT = 5;
/** So long after its deadline an order is paid late: more than it takes to submit it. */
const LATE_BY_MS = 5_000;

/** @throws OperationalError `service_unreachable` when the service stays away; what was sent until then is told before. */
export async function generate(options: GenerateOptions): Promise<GenerateSummary> {
  const { client, plan, pace, concurrency, signal, onSent } = options;
  const startedMs = performance.now();
  const byKind: Partial<Record<OrderKind, number>> = {};
  const failures: string[] = [];
  let begun = 0;
  let sent = 0;
  let failed = 0;

  await forEachConcurrently(untilAborted(plan, signal), concurrency, async (order) => {
    const waitMs = dueMs(begun++, pace) - (performance.now() - startedMs);
    if (waitMs > 0 && !(await pauseUnless(signal, waitMs))) return;
    const outcome = await send(client, order);
    sent += 1;
    byKind[order.kind] = (byKind[order.kind] ?? 0) + 1;
    if (outcome.failure !== null) {
      failed += 1;
      if (failures.length < MAX_FAILURES_KEPT) failures.push(`order ${order.orderId}: ${outcome.failure}`);
    }
    onSent(outcome);
  });
  return { sent, byKind, failed, failures, elapsedMs: performance.now() - startedMs };
}

function* untilAborted<Item>(items: Iterable<Item>, signal: AbortSignal | undefined): Generator<Item> {
  for (const item of items) {
    if (signal?.aborted) return;
    yield item;
  }
}

/** When the order with this index, from 0, is due, in milliseconds after the start. */
export function dueMs(index: number, { rate, everyMs }: Pace): number {
  if (rate === 0) return 0;
  const evenlyMs = (index * 1_000) / rate;
  return everyMs === 0 ? evenlyMs : Math.floor(evenlyMs / everyMs) * everyMs;
}

/** Sends an order the way its kind asks for. A refusal ends it and is told; an unreachable service ends the run. */
async function send(client: OrderSender, order: PlannedOrder): Promise<SentOrder> {
  const { orderId } = order;
  const answers: SubmissionAnswer[] = [];
  const paid = new Map<string, PlannedPayment>();
  let cancellations = 0;
  const submit = async (): Promise<void> => void answers.push(await client.submit(order));
  const pay = async (payment: PlannedPayment, afterMs = 0): Promise<void> => {
    await client.pay(order, payment, new Date(Date.now() + afterMs).toISOString());
    // Under an id that came before, other money is no payment.
    if (!paid.has(payment.paymentId)) paid.set(payment.paymentId, payment);
  };
  const payAll = async (): Promise<void> => {
    for (const payment of order.payments) await pay(payment);
  };
  const steps = async (): Promise<void> => {
    switch (order.kind) {
      case "normal":
      case "mismatch":
      case "double-payment":
      case "partial":
      case "overpaid":
      case "reused-id":
      case "deposit":
        await submit();
        return payAll();
      case "repaid":
      case "refunded":
        await submit();
        await payAll();
        if (order.refund !== null) await client.refund(order, order.refund);
        return;
      case "late-payment":
        await submit();
        for (const payment of order.payments) await pay(payment, (order.paymentWindowMs ?? 0) + LATE_BY_MS);
        return;
      case "orphan":
        return payAll();
      case "webhook":
        await submit();
        for (const payment of [...order.payments, ...order.payments]) {
          await client.payByWebhook(order, payment, new Date().toISOString());
          paid.set(payment.paymentId, payment);
        }
        return;
      case "duplicate":
        // Once at the same time and once afterwards: both kinds of repeat happen to real services.
        await Promise.all([submit(), submit()]);
        await payAll();
        return payAll();
      case "payment-first":
        await payAll();
        return submit();
      case "unpaid-cancel":
        await submit();
        cancellations = await client.cancel(orderId, "changed my mind");
        return;
    }
  };
  const failure = await refusalOf(steps());
  return { order, answers, paid: [...paid.values()], cancellations, failure };
}

async function refusalOf(steps: Promise<void>): Promise<string | null> {
  try {
    await steps;
    return null;
  } catch (error) {
    if (error instanceof OperationalError && error.code === "unexpected_answer") return error.message;
    throw error;
  }
}

/** Pauses; returns false when the signal ended the pause. */
async function pauseUnless(signal: AbortSignal | undefined, waitMs: number): Promise<boolean> {
  try {
    await pause(waitMs, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
}

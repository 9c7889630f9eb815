/** One order from its first request to its mail, as a customer causes it: submit, pay the answered total, get the mail. */
import { nowMs } from "./clock.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import { orderBody } from "./order-shapes.ts";
import type { Sink } from "./sink.ts";

const MAIL_TIMEOUT_MS = 30_000;

export interface FinishedOrder {
  readonly orderId: string;
  readonly startedAtMs: number;
  readonly mailedAtMs: number;
}

/** Runs the order with this number. Throws an Error whose message says what kind of failure it was. */
export type Journey = (number: number) => Promise<FinishedOrder>;

export function createJourney(deps: {
  readonly client: HttpClient;
  readonly sink: Sink;
  readonly skus: readonly string[];
  /** Keeps the Idempotency-Keys of several loads on one service apart. */
  readonly label: string;
}): Journey {
  const { client, sink, skus, label } = deps;
  return async (number) => {
    const startedAtMs = nowMs();
    const submitted = await client.post("/orders", orderBody(number, skus), {
      "idempotency-key": `${label}-${number}`,
    });
    const { orderId, total } = accepted(submitted, "POST /orders") as { orderId: string; total: object };
    const mail = sink.mailOf(orderId, MAIL_TIMEOUT_MS);
    // It may fail while the payment is still under way, which fails on its own.
    mail.catch(() => {});
    const paid = await client.post(`/orders/${orderId}/payments`, { paymentId: `pay-${orderId}`, ...total });
    accepted(paid, "POST payments");
    return { orderId, startedAtMs, mailedAtMs: await mail };
  };
}

/** The articles that can be ordered. */
export async function readSkus(client: HttpClient): Promise<readonly string[]> {
  const { body } = await client.get("/catalogue");
  return (body as { items: readonly { sku: string }[] }).items.map(({ sku }) => sku);
}

function accepted(answer: HttpAnswer, what: string): unknown {
  if (answer.status !== 202) throw new Error(`${what} answered ${answer.status}`);
  return answer.body;
}

/**
 * The service's public API as the demo uses it. A call repeats until it is answered, always under the same ids, and
 * an answer that is not what the API promises is an error, never a guess.
 */
import { OperationalError } from "../actors/errors.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import type { OrderStatus } from "../domain/order.ts";
import {
  ANSWERS,
  type EventAnswer,
  type LedgerAnswer,
  type MailAnswer,
  type OrderAnswer,
  type SubmissionAnswer,
} from "./answers.ts";
import { createPersistentHttp, type HttpAnswer, type PersistentHttpOptions } from "./persistent-http.ts";
import type { PlannedOrder, PlannedPayment, PlannedRefund } from "./plan.ts";

/** The first question is answered soon or not at all: a wrong address should not take minutes to be noticed. */
const FIRST_CONTACT_MS = 5_000;
const DEADLINE_MS = 120_000;
const CONFIRMATION_WAIT_S = 30;

export interface ApiClient {
  /** Asks what the shop sells; as the first call of a run it fails soon when nothing answers. */
  catalogue(): Promise<Catalogue>;
  submit(order: Pick<PlannedOrder, "idempotencyKey" | "customer" | "items">): Promise<SubmissionAnswer>;
  pay(order: Pick<PlannedOrder, "orderId">, payment: PlannedPayment, paidAt: string): Promise<void>;
  /** Returns how often it was asked: a repeat may be recorded as a cancellation that came too late. */
  cancel(orderId: string, reason: string): Promise<number>;
  /** Waits for the order to be confirmed: money can go back only once it has come. */
  refund(order: Pick<PlannedOrder, "orderId">, refund: PlannedRefund): Promise<void>;
  /** The order, once it is at `until` or after `waitS`; null when the service has no such order. */
  order(orderId: string, wait?: { readonly until: OrderStatus; readonly waitS: number }): Promise<OrderAnswer | null>;
  /** The order's events; null when the service has no such order. */
  events(orderId: string): Promise<readonly EventAnswer[] | null>;
  /** The orders of a customer, as the listing has them. */
  ordersOf(customerEmail: string): Promise<readonly OrderAnswer[]>;
  /** What the service knows of its attempts to send the order's mails; null when it has no such order. */
  ledgerOf(orderId: string): Promise<readonly LedgerAnswer[] | null>;
  /** The mails of an order that arrived; null when the service has no dev inbox to look into. */
  mailsOf(orderId: string): Promise<readonly MailAnswer[] | null>;
  /** How many requests were sent again so far. */
  retries(): number;
  close(): Promise<void>;
}

/** Every method throws OperationalError `service_unreachable` or `unexpected_answer`. */
export function createApiClient(
  options: Omit<PersistentHttpOptions, "deadlineMs"> & { readonly deadlineMs?: number },
): ApiClient {
  const http = createPersistentHttp({ deadlineMs: DEADLINE_MS, ...options });
  const firstContactMs = Math.min(FIRST_CONTACT_MS, options.deadlineMs ?? DEADLINE_MS);

  const post = async (
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> => {
    const answer = await http.request({ method: "POST", path, body, headers });
    if (answer.status !== 202) throw unexpected(`POST ${path}`, answer);
    return answer;
  };

  const getIfAny = async <Body>(
    path: string,
    validator: AnswerValidator<Body>,
    deadlineMs?: number,
  ): Promise<Body | null> => {
    const answer = await http.request({ method: "GET", path, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw unexpected(`GET ${path}`, answer);
    return checked(`GET ${path}`, answer, validator);
  };

  const get = async <Body>(path: string, validator: AnswerValidator<Body>, deadlineMs?: number): Promise<Body> => {
    const body = await getIfAny(path, validator, deadlineMs);
    if (body === null) throw unexpected(`GET ${path}`, { status: 404, body: undefined });
    return body;
  };

  return {
    catalogue: () => get("/catalogue", ANSWERS.catalogue, firstContactMs),
    async submit({ idempotencyKey, customer, items }) {
      const answer = await post("/orders", { customer, items }, { "idempotency-key": idempotencyKey });
      return checked("POST /orders", answer, ANSWERS.submission);
    },
    async pay({ orderId }, { paymentId, amount, ...part }, paidAt) {
      const path = `/orders/${orderId}/payments`;
      const answer = await post(path, { paymentId, ...amount, ...part, paidAt });
      const { paymentId: answeredId } = checked(`POST ${path}`, answer, ANSWERS.payment);
      if (answeredId !== paymentId) throw unexpected(`POST ${path}`, answer);
    },
    async refund({ orderId }, { refundId, amount }) {
      await getIfAny(`/orders/${orderId}?until=confirmed&wait=${CONFIRMATION_WAIT_S}`, ANSWERS.order);
      const path = `/orders/${orderId}/refunds`;
      const answer = await post(path, { refundId, ...amount });
      const { refundId: answeredId } = checked(`POST ${path}`, answer, ANSWERS.refund);
      if (answeredId !== refundId) throw unexpected(`POST ${path}`, answer);
    },
    cancel: async (orderId, reason) => (await post(`/orders/${orderId}/cancel`, { reason })).attempts,
    order: (orderId, wait) =>
      getIfAny(`/orders/${orderId}${wait ? `?until=${wait.until}&wait=${wait.waitS}` : ""}`, ANSWERS.order),
    events: async (orderId) => (await getIfAny(`/orders/${orderId}/events`, ANSWERS.timeline))?.events ?? null,
    ledgerOf: async (orderId) => (await getIfAny(`/orders/${orderId}/mails`, ANSWERS.ledger))?.mails ?? null,
    ordersOf: async (email) => (await get(`/orders?customerEmail=${encodeURIComponent(email)}`, ANSWERS.orders)).orders,
    async mailsOf(orderId) {
      const path = `/inbox/messages?orderId=${orderId}`;
      const answer = await http.request({ method: "GET", path });
      // Without an inbox there may be a page for people at this address, which is not JSON.
      if (answer.status === 404 || (answer.status === 200 && answer.body === undefined)) return null;
      if (answer.status !== 200) throw unexpected(`GET ${path}`, answer);
      return checked(`GET ${path}`, answer, ANSWERS.mails).messages;
    },
    retries: () => http.retries(),
    close: () => http.close(),
  };
}

interface AnswerValidator<Body> {
  Check(value: unknown): value is Body;
}

function checked<Body>(
  call: string,
  answer: Pick<HttpAnswer, "status" | "body">,
  validator: AnswerValidator<Body>,
): Body {
  if (validator.Check(answer.body)) return answer.body;
  throw unexpected(call, answer);
}

function unexpected(call: string, { status, body }: Pick<HttpAnswer, "status" | "body">): OperationalError {
  const { code, title, detail } = ANSWERS.problem.Check(body) ? body : {};
  const said = [title, detail].filter((part) => part !== undefined).join(" ");
  const reason = said === "" ? "and a body that this client cannot use" : `"${said}"${code ? ` [${code}]` : ""}`;
  return new OperationalError("unexpected_answer", `The service answered ${call} with ${status} ${reason}.`, {
    retryable: false,
  });
}

/** The page's one way to the service. Nothing here throws: an answer is a value, and so is a failure. */
import { type Problem, problemOf, UNREACHABLE } from "./problem.ts";
import type { Catalogue, Mail, MailPage, Money, NewOrder, OrderView, PlacedOrder, TimelineEvent } from "./wire.ts";

export type Answer<T> =
  | { readonly type: "ok"; readonly value: T }
  | { readonly type: "problem"; readonly problem: Problem };

const TIMEOUT_MS = 15_000;

export function getCatalogue(signal?: AbortSignal): Promise<Answer<Catalogue>> {
  return get("/catalogue", signal);
}

/** Places an order. The same key and content make one order, however often they are sent. */
export function placeOrder(order: NewOrder, idempotencyKey: string): Promise<Answer<PlacedOrder>> {
  return post("/orders", order, { "Idempotency-Key": idempotencyKey });
}

/**
 * Pays an order with the demo payment provider. The payment id follows from the order id, so a second
 * click, another tab or a reload repeats the same payment and never makes another one.
 */
export function payOrder(orderId: string, total: Money): Promise<Answer<unknown>> {
  return post(`${orderPath(orderId)}/payments`, { paymentId: `web-${orderId}`, ...total });
}

export function cancelOrder(orderId: string): Promise<Answer<unknown>> {
  return post(`${orderPath(orderId)}/cancel`, { reason: "Cancelled by the customer" });
}

export function getOrder(orderId: string, signal?: AbortSignal): Promise<Answer<OrderView>> {
  return get(orderPath(orderId), signal);
}

export function getTimeline(
  orderId: string,
  signal?: AbortSignal,
): Promise<Answer<{ readonly events: readonly TimelineEvent[] }>> {
  return get(`${orderPath(orderId)}/events`, signal);
}

/** Where an order's live stream is, for an `EventSource`. */
export function streamUrl(orderId: string): string {
  return `${orderPath(orderId)}/stream`;
}

/** Whether the service keeps the mails that it sends; without a dev inbox they leave for a mail server. */
export function hasDevInbox(signal?: AbortSignal): Promise<Answer<{ readonly devInbox: boolean }>> {
  return get("/inbox/status", signal);
}

export function listMail(
  query: { readonly orderId: string | null; readonly cursor: string | null; readonly limit: number },
  signal?: AbortSignal,
): Promise<Answer<MailPage>> {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.cursor !== null) parameters.set("cursor", query.cursor);
  if (query.orderId !== null) parameters.set("orderId", query.orderId);
  return get(`/inbox/messages?${parameters}`, signal);
}

export function getMail(mailId: string, signal?: AbortSignal): Promise<Answer<Mail>> {
  return get(mailPath(mailId), signal);
}

/** Where the HTML part of a mail is, as a document for a sandboxed frame. */
export function mailHtmlUrl(mailId: string): string {
  return `${mailPath(mailId)}/html`;
}

function orderPath(orderId: string): string {
  return `/orders/${encodeURIComponent(orderId)}`;
}

function mailPath(mailId: string): string {
  return `/inbox/messages/${encodeURIComponent(mailId)}`;
}

function get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  return send<T>(path, { headers: { Accept: "application/json" } }, signal);
}

function post<T>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
  return send<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Sends a request; an answer without a body has the value `undefined`. */
export async function send<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<Answer<T>> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(path, { ...init, signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    if (response.status === 204) return { type: "ok", value: undefined as T };
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok || body === null) return { type: "problem", problem: problemOf(response.status, body) };
    return { type: "ok", value: body as T };
  } catch {
    return { type: "problem", problem: UNREACHABLE };
  }
}

/** Compares what an order became with what it had to become, and says every way in which the two differ. */
import { formatMoney, type Money } from "../domain/money.ts";
import type { EventAnswer, OrderAnswer } from "./answers.ts";
import { type Expectation, expectationOf, type Movement } from "./expectation.ts";
import type { SentOrder } from "./generate.ts";
import type { ObservedOrder } from "./observe.ts";

/** Returns one sentence for each thing that is not as it has to be; none when the order is as expected. */
export function compareOrder(sent: SentOrder, observed: ObservedOrder): readonly string[] {
  const { order } = sent;
  const expected = expectationOf(order);
  const { view, events, listedIds } = observed;
  const problems = sent.failure === null ? [] : [`a part of it was refused: ${sent.failure}`];
  problems.push(...compareAnswers(sent));
  if (view === null) return [...problems, "the service has no such order"];
  return [
    ...problems,
    ...differs("orders of this customer", [order.orderId].join(" "), listedIds.toSorted().join(" ")),
    ...compareView(expected, order.total, view),
    ...differs("items", textOfItems(order.items), textOfItems(view.items)),
    ...compareSequence(view.version, events),
    ...compareCauses(expected.causes, events, sent.cancellations),
    ...compareEvents(expected, events, sent.cancellations),
  ];
}

/** Every answer to the same key must name the same order at the catalogue's price. */
function compareAnswers({ order, answers }: SentOrder): string[] {
  return answers.flatMap((answer) => [
    ...differs("id in an answer", order.orderId, answer.orderId),
    ...differs("total in an answer", formatMoney(order.total), formatMoney(answer.total)),
  ]);
}

function compareView(expected: Expectation, total: Money, view: OrderAnswer): string[] {
  const { applied, refundDue, paidBack } = expected;
  const keptMinor = applied.length === 0 ? 0 : total.amountMinor - (paidBack?.amount.amountMinor ?? 0);
  const kept = keptMinor === 0 ? "" : formatMoney({ ...total, amountMinor: keptMinor });
  return [
    ...differs("status", expected.status, view.status),
    ...differs("money", expected.money, view.money),
    ...differs("total", formatMoney(total), textOfMoney(view.total)),
    ...differs("paid", kept, textOfMoney(view.paid)),
    ...differs("refund due", refundDue ? formatMoney(refundDue.amount) : "", view.refundDue.map(formatMoney).join(" ")),
  ];
}

function compareSequence(version: number, events: readonly EventAnswer[]): string[] {
  const gap = events.findIndex(({ sequence }, index) => sequence !== index + 1);
  return [
    ...differs("version", String(events.length), String(version)),
    ...(gap < 0 ? [] : [`event ${gap + 1} of the timeline has the number ${events[gap]?.sequence}`]),
  ];
}

/** Each cause must be there once: its events follow one another, and no other cause comes in between or again. */
function compareCauses(causes: readonly string[], events: readonly EventAnswer[], cancellations: number): string[] {
  const seen = events.map(({ causeId }) => causeId).filter((cause, index, all) => cause !== all[index - 1]);
  const named = seen.map((cause) => (cause.startsWith("command:") ? "command:" : cause));
  // A cancellation that was sent again may be recorded again, as one that came too late.
  const repeats = Math.min(cancellations, named.filter((cause) => cause === "command:").length) - 1;
  const tolerated = without(named, "command:", repeats);
  return differs("causes", causes.toSorted().join(" "), tolerated.toSorted().join(" "));
}

function compareEvents(expected: Expectation, events: readonly EventAnswer[], cancellations: number): string[] {
  const types = without(
    events.map(({ type }) => type),
    "CancellationRefused",
    cancellations - 1,
  );
  const refunds = events.filter(({ type }) => type === "RefundRecorded").map(({ data }) => data);
  return [
    ...differs("events", expected.events.toSorted().join(" "), types.toSorted().join(" ")),
    ...differs(
      "PaymentCredited",
      textOfPayments(expected.applied.slice(0, -1)),
      textOfMovements(events, "PaymentCredited"),
    ),
    ...differs("OrderPaid", textOfPayments(expected.applied.slice(-1)), textOfMovements(events, "OrderPaid")),
    ...differs(
      "RefundDue",
      textOfPayments([expected.refundDue ?? [], expected.paidBack ?? []].flat()),
      textOfMovements(events, "RefundDue"),
    ),
    ...differs(
      "RefundRecorded",
      expected.paidBack === null ? "" : formatMoney(expected.paidBack.amount),
      refunds.map(({ amount }) => textOfMoney(amount ?? null)).join(", "),
    ),
  ];
}

function without(texts: readonly string[], text: string, times: number): string[] {
  let left = times;
  return texts.filter((candidate) => candidate !== text || left-- <= 0);
}

function textOfMovements(events: readonly EventAnswer[], type: string): string {
  const movements = events.filter((event) => event.type === type).map(({ data }) => data);
  return movements.map(({ paymentId = "?", amount }) => `${paymentId} ${textOfMoney(amount ?? null)}`).join(", ");
}

function textOfPayments(payments: readonly Movement[]): string {
  return payments.map(({ paymentId, amount }) => `${paymentId} ${formatMoney(amount)}`).join(", ");
}

function textOfMoney(money: Money | null): string {
  return money === null ? "" : formatMoney(money);
}

function textOfItems(items: readonly { readonly sku: string; readonly quantity: number }[]): string {
  return items.map(({ sku, quantity }) => `${quantity} ${sku}`).join(", ");
}

function differs(what: string, expected: string, observed: string): string[] {
  return expected === observed ? [] : [`${what}: expected ${expected || "none"}, observed ${observed || "none"}`];
}

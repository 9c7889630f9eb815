/** The way of an order as steps to draw: what is behind it, where it is, what lies ahead, and where it stopped. */
import type { OrderStatus, OrderView, TimelineEvent } from "../api/wire.ts";

export interface Step {
  readonly label: string;
  readonly state: "done" | "current" | "ahead" | "failed";
  /** When the step was reached; null when it was not, or when its event has not come yet. */
  readonly at: string | null;
}

interface Milestone {
  readonly status: OrderStatus;
  readonly label: string;
  readonly event: string;
}

const MILESTONES: readonly Milestone[] = [
  { status: "received", label: "Received", event: "OrderReceived" },
  { status: "paid", label: "Paid", event: "OrderPaid" },
  { status: "validated", label: "Validated", event: "OrderValidated" },
  { status: "confirmed", label: "Confirmed", event: "OrderConfirmed" },
  { status: "emailed", label: "Emailed", event: "ConfirmationEmailed" },
];

/** Where an order stops short of the last milestone, and the events that say so. */
const STOPS: ReadonlyMap<OrderStatus, { readonly label: string; readonly events: readonly string[] }> = new Map([
  ["rejected", { label: "Rejected", events: ["OrderRejected", "OrderTurnedAway"] }],
  ["expired", { label: "Expired", events: ["OrderExpired"] }],
  ["cancelled", { label: "Cancelled", events: ["OrderCancelled"] }],
]);

/** The steps of an order, first to last. An order that stopped shows the milestones it reached and the stop. */
export function stepsOf(order: Pick<OrderView, "status">, events: readonly TimelineEvent[]): readonly Step[] {
  const timeOf = (...types: readonly string[]) => events.find(({ type }) => types.includes(type))?.occurredAt ?? null;
  const stop = STOPS.get(order.status);
  if (stop !== undefined) {
    const reached = MILESTONES.filter(({ event }) => timeOf(event) !== null);
    return [
      ...reached.map(({ label, event }): Step => ({ label, state: "done", at: timeOf(event) })),
      { label: stop.label, state: "failed", at: timeOf(...stop.events) },
    ];
  }
  const refusal = events.findLast(({ type }) => type === "ConfirmationRefused");
  const behind = MILESTONES.findIndex(({ status }) => status === order.status) + 1;
  return MILESTONES.map(({ label, event, status }, index): Step => {
    if (status === "emailed" && order.status === "confirmed" && refusal !== undefined) {
      const what = refusal.data["dropped"] === true ? "Mail dropped" : "Mail refused";
      return { label: what, state: "failed", at: refusal.occurredAt };
    }
    return { label, state: index < behind ? "done" : index === behind ? "current" : "ahead", at: timeOf(event) };
  });
}

/**
 * What the timeline shows of an event. Whoever has an order's id can read its timeline, and an order's id is all that it
 * takes to read the order: so it names no other order, and keeps what people behind the counter wrote among themselves.
 */
import type { OrderEvent } from "../domain/events.ts";

const HIDDEN: Readonly<Partial<Record<OrderEvent["type"], readonly string[]>>> = {
  PaymentReceived: ["movedFrom"],
  PaymentDecided: ["operator", "reason", "toOrderId"],
  PaymentDecisionRefused: ["operator", "reason", "toOrderId", "detail"],
  PaymentMoved: ["toOrderId", "transferId"],
};
/** The id of moved money begins with the order that it came from. */
const GIVEN_BY = /moved~[^~]*~/g;

/** The data of an event, and the cause of its commit, as everybody may read them. */
export function publicFact(
  { type, data }: OrderEvent,
  causeId: string,
): { readonly data: Readonly<Record<string, unknown>>; readonly causeId: string } {
  const hidden = HIDDEN[type] ?? [];
  const facts = Object.entries(data)
    .filter(([name]) => !hidden.includes(name))
    .map(([name, value]) => [name, typeof value === "string" ? withoutGiver(value) : value] as const);
  return { data: Object.fromEntries(facts), causeId: withoutGiver(causeId) };
}

function withoutGiver(text: string): string {
  return text.replace(GIVEN_BY, "moved~");
}

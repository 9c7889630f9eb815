/** Which messages would move an order on, and who sends them: what the machine's `meta` says, as far as it fits the order. */
import type { Message } from "../domain/messages.ts";
import { SENDERS } from "./message-senders.ts";
import { orderMachine, type StateMeta } from "./order-machine.ts";
import { isSettled, type OrderView } from "./order-view.ts";
import type { Mover, WhyMail } from "./why-facts.ts";

/** What lies with people for an order. */
interface WithPeople {
  readonly paymentsOnDesk: number;
  readonly mails: readonly WhyMail[];
}

/**
 * The messages of the order's state, those of its money where that has to go back, and the decision of a person where a
 * payment waits for one. Money that support could move here from another order is not named: nothing here tells of it.
 */
export function moversOf(view: OrderView, { paymentsOnDesk, mails }: WithPeople): readonly Mover[] {
  const money = metaOf("money", view.money === "parked" ? "settled" : view.money);
  // Nobody reads the order's own submission before its shard does.
  const lifecycle = view.status === "accepted" || isSettled(view) ? null : metaOf("lifecycle", view.status);
  const always = [...(lifecycle?.movedBy ?? []), ...money.movedBy];
  const sometimes = [...(lifecycle?.sometimesMovedBy ?? []), ...(money.sometimesMovedBy ?? [])];
  const isDecided = paymentsOnDesk > 0 && sometimes.includes("DecidePayment");
  const isHeld = mails.some((mail) => mail.isHeld);
  const senderOf = (message: Message["type"]) => (message === "RecordMail" && isHeld ? DECIDES_MAIL : SENDERS[message]);
  const messages = isDecided ? [...always, "DecidePayment" as const] : always;
  return messages.map((message) => ({ message, ...senderOf(message) }));
}

/** Nothing becomes of a held mail by itself. */
const DECIDES_MAIL = { from: "support", meaning: "a decision about the confirmation mail" } as const;

function metaOf(region: "lifecycle" | "money", state: string): StateMeta {
  const meta = orderMachine.root.states[region]?.states[state]?.meta;
  if (meta === undefined) throw new Error(`the machine says nothing about ${region}.${state}`);
  return meta;
}

/**
 * No state is a dead end: wherever somebody has to act, each message that the machine's `meta` names moves the order
 * on, and no other message does. What operators read about a waiting order is made from that `meta`.
 */
import type { OrderActor } from "../../src/actors/order-actor.ts";
import { orderMachine, type StateMeta } from "../../src/actors/order-machine.ts";
import { isSettled } from "../../src/actors/order-view.ts";
import { decide } from "../../src/domain/decide.ts";
import type { Decision } from "../../src/domain/decision.ts";
import type { Message } from "../../src/domain/messages.ts";
import { balancesOf, creditedMinor, evolve, type Order } from "../../src/domain/order.ts";
import * as messages from "../support/order-messages.ts";
import type { MachineSnapshot, Place, Step } from "./explore.ts";

type Region = keyof MachineSnapshot["value"];
const REGIONS: readonly Region[] = ["lifecycle", "money"];

function metaOf(region: Region, state: string): StateMeta {
  const meta = orderMachine.root.states[region]?.states[state]?.meta;
  if (meta === undefined) throw new Error(`the machine says nothing about ${region}.${state}`);
  return meta;
}

/** The messages that should lead on from a place, and do not. */
export function deadEndsOf({ order, snapshot }: Place, replayed: OrderActor): readonly string[] {
  return REGIONS.flatMap((region) => {
    const state = snapshot.value[region];
    // Nobody has to act for an order that is settled, such as one whose mail was refused for good.
    if (region === "lifecycle" && isSettled(order)) return [];
    const { owner, movedBy } = metaOf(region, state);
    if (owner !== null && movedBy.length === 0) return [`${region}.${state} waits for ${owner}, and nothing moves it`];
    return movedBy
      .filter((type) => stateAfter(order, fittingMessages(order, type), replayed, region) === state)
      .map((type) => `${type} does not lead on from ${region}.${state}`);
  });
}

/** What a step says about the regions that it moved: the state, and the type of the message. */
export function unannouncedMovesOf({ from, letter, to }: Step): readonly string[] {
  return REGIONS.flatMap((region) => {
    const [before, after] = [from.snapshot.value[region], to.snapshot.value[region]];
    const { owner, movedBy, sometimesMovedBy = [] } = metaOf(region, before);
    if (before === after || owner === null) return [];
    if ([...movedBy, ...sometimesMovedBy].includes(letter.message.type)) return [];
    return [`${letter.message.type} moves ${region}.${before}, and its meta does not say so`];
  });
}

function stateAfter(before: Order, fitting: readonly Message[], replayed: OrderActor, region: Region): string {
  let order = before;
  for (const [index, message] of fitting.entries()) {
    // The actor knows which causes took effect; after the first message only the domain can go on.
    const decision: Decision =
      index === 0 ? replayed.decide(message, messages.TERMS) : decide(order, message, messages.TERMS);
    if (decision.type === "events") order = decision.events.reduce(evolve, order);
  }
  return region === "lifecycle" ? order.status : moneyRegionOf(order);
}

function moneyRegionOf(order: Order): string {
  const balances = balancesOf(order);
  if (balances.some(({ refundDueMinor }) => refundDueMinor > 0)) return "refundDue";
  if (order.refunds.length === 0) return "settled";
  return balances.every(({ receivedMinor, refundedMinor }) => receivedMinor === refundedMinor)
    ? "refunded"
    : "partlyRefunded";
}

/** Messages of a type, with new ids, that suit the order as it is. */
function fittingMessages(order: Order, type: Message["type"]): readonly Message[] {
  switch (type) {
    case "SubmitOrder":
      return [messages.submitOrder()];
    case "ReceivePayment": {
      const outstandingMinor = (order.details?.total?.amountMinor ?? 0) - creditedMinor(order);
      return [messages.receivePayment({ paymentId: "the rest", amount: messages.euros(outstandingMinor) })];
    }
    case "TakeMovedPayment": {
      const outstandingMinor = (order.details?.total?.amountMinor ?? 0) - creditedMinor(order);
      return [messages.takeMovedPayment({ transferId: "the rest", amount: messages.euros(outstandingMinor) })];
    }
    case "DecidePayment":
      return order.payments
        .filter(({ dueMinor }) => dueMinor > 0)
        .map(({ paymentId }) =>
          messages.decidePayment({ paymentId, commandId: `give ${paymentId}`, toOrderId: messages.OTHER_ORDER_ID }),
        );
    case "RecordRefund":
      return balancesOf(order)
        .filter(({ refundDueMinor }) => refundDueMinor > 0)
        .map(({ refundDueMinor, currency }) =>
          messages.recordRefund({
            refundId: `the rest in ${currency}`,
            amount: { amountMinor: refundDueMinor, currency },
          }),
        );
    case "CancelOrder":
      return [messages.cancelOrder({ commandId: "another" })];
    case "RecordMail":
      return [messages.recordMail()];
    case "ReachDeadline":
      return [messages.reachDeadline()];
    default:
      throw new Error(`no message of the type ${String(type)} is known`);
  }
}

/**
 * The way in for what a person decides about a payment. Whether it fits is checked here, so that the person hears it at
 * once, and again where the order decides: between the two the order may move on. What is asked is in the act log first, and
 * what did not come of it follows there: here what the log did not take, and by the payment desk what the order refused.
 */
import type { DecidePayment, PaymentDecision } from "../domain/messages.ts";
import type { Money } from "../domain/money.ts";
import { isAmount } from "../domain/money.ts";
import { decidablePayment, misfitOf } from "../domain/payment-decision.ts";
import { receivedMinor } from "../domain/settle.ts";
import { createAudit } from "./audit.ts";
import type { Refused } from "./front-door.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { ActLog, Operator } from "./operators.ts";
import type { OrderReader } from "./order-reader.ts";
import { createPaymentPlacesReader } from "./payment-places.ts";
import type { Clock, Commit, MessageLog, Random, ViewStore } from "./ports.ts";

export const PAYMENT_DECIDED = "payment.decided";
export const PAYMENT_DECISION_REFUSED = "payment.decisionRefused";

export interface AskedDecision {
  readonly orderId: string;
  readonly paymentId: string;
  readonly decision: PaymentDecision;
  readonly toOrderId?: string;
  readonly operator: Operator;
  readonly reason: string;
}

export interface PaymentDecisions {
  /**
   * Takes a decision; durable when it resolves, and in the order's timeline soon after. Refusals: `payment_not_found`,
   * `order_not_found` for the order that would get the money, and `decision_not_possible`.
   */
  decide(asked: AskedDecision): Promise<{ readonly type: "accepted"; readonly commandId: string } | Refused>;
}

export function createPaymentDecisions(deps: {
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly orderReader: Pick<OrderReader, "load">;
  readonly viewStore: Pick<ViewStore, "getMany">;
  readonly actLog: Pick<ActLog, "append">;
  readonly clock: Clock;
  readonly random: Random;
}): PaymentDecisions {
  const { log, codec, orderReader, random } = deps;
  const audit = createAudit(deps);
  const places = createPaymentPlacesReader(deps.viewStore);

  const misfit = async (asked: AskedDecision): Promise<Refused | null> => {
    const found = await orderReader.load(asked.orderId);
    const payment = found === null ? null : decidablePayment(found.order, asked.paymentId);
    if (found === null || payment === null || payment.type === "unknown") {
      return refused("payment_not_found", `order ${asked.orderId} has no payment ${asked.paymentId}`);
    }
    const detail = misfitOf(found.order, asked);
    if (detail !== null) return refused("decision_not_possible", detail);
    // Money that an order has taken is nobody's business, unless it counts at another order, too.
    if (payment.type === "settled" && !(await isRepeated(asked, found.commits))) {
      return refused("decision_not_possible", payment.detail);
    }
    if (asked.toOrderId === undefined || payment.type !== "decidable") return null;
    return takerMisfit(asked.toOrderId, payment.amount);
  };

  const isRepeated = async ({ orderId, paymentId }: AskedDecision, commits: readonly Commit[]): Promise<boolean> =>
    (await places.elsewhere(new Map([[orderId, commits]]))).get(orderId)?.has(paymentId) === true;

  /** Money goes only to an order that waits for money of its currency now. */
  const takerMisfit = async (toOrderId: string, amount: Money): Promise<Refused | null> => {
    const order = (await orderReader.load(toOrderId))?.order;
    if (order === undefined || order.details === null) {
      return refused("order_not_found", `there is no order ${toOrderId} that the money could go to`);
    }
    if (order.status !== "received") {
      return refused("decision_not_possible", `order ${toOrderId} waits for no money: it is ${order.status}`);
    }
    if (order.details.total?.currency !== amount.currency) {
      return refused("decision_not_possible", `order ${toOrderId} has another currency than the payment`);
    }
    return isAmount(receivedMinor(order, amount.currency) + amount.amountMinor)
      ? null
      : refused("decision_not_possible", `the money of order ${toOrderId} could no longer be counted exactly`);
  };

  return {
    async decide(asked) {
      const { orderId, paymentId, decision, toOrderId, operator, reason } = asked;
      const refusal = await misfit(asked);
      const to = toOrderId === undefined ? {} : { toOrderId };
      const act = { by: operator, target: orderId, reason };
      if (refusal !== null) {
        const details = { paymentId, decision, ...to, refused: refusal.detail };
        await audit.record({ ...act, act: PAYMENT_DECISION_REFUSED, details });
        return refusal;
      }
      const commandId = random.id();
      const by = { keyId: operator.keyId, name: operator.name };
      const choice = { paymentId, commandId, decision, ...to };
      const message: DecidePayment = { type: "DecidePayment", orderId, ...choice, operator: by, reason };
      await audit.perform({ ...act, act: PAYMENT_DECIDED, noun: "payment.decision", details: choice }, () =>
        log.produce([codec.encode(message)]),
      );
      return { type: "accepted", commandId };
    },
  };
}

function refused(code: Refused["code"], detail: string): Refused {
  return { type: "refused", code, detail };
}

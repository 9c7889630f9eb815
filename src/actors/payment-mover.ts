/**
 * Brings money that one order gave away to the order that gets it. What was given is a stored event, and its transfer has
 * an id of its own there: brought twice it counts once, and a crash in between leaves it to be brought again.
 */
import type { TakeMovedPayment } from "../domain/messages.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { Commit, MessageLog } from "./ports.ts";

export type PaymentMover = (commits: readonly Commit[]) => Promise<void>;

/** Resolves once every payment that these commits gave away is durable in the log. */
export function createPaymentMover(deps: {
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
}): PaymentMover {
  const { log, codec } = deps;
  return async (commits) => {
    const moved = commits.flatMap(movedBy);
    if (moved.length > 0) await log.produce(moved.map((message) => codec.encode(message)));
  };
}

function movedBy({ orderId, events }: Commit): readonly TakeMovedPayment[] {
  return events.flatMap((event) => {
    if (event.type !== "PaymentMoved") return [];
    const { paymentId, amount, paidAt, toOrderId, transferId } = event.data;
    return [
      { type: "TakeMovedPayment", orderId: toOrderId, transferId, amount, paidAt, movedFrom: { orderId, paymentId } },
    ];
  });
}

/**
 * Keeps the payment desk: a document for each payment that a person must look at, the way of money from one order to
 * another, and the audit of decisions that came too late. Moved money goes into the log before the checkpoint is stored, so a
 * crash brings it again and never loses it.
 */
import { concernsDesk, type DeskPayment, deskPaymentsOf } from "./desk-payments.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { ActLog } from "./operators.ts";
import { createPaymentMover } from "./payment-mover.ts";
import type { Commit, EventStore, MessageLog, ViewDocument, ViewStore, ViewWrite } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";
import { tellRefusedDecisions } from "./refused-decisions.ts";
import { DESK } from "./views.ts";

export const PAYMENT_DESK = "payment-desk";

/** The desk's work on a batch of commits. It may be repeated from the beginning at any time. */
export function createPaymentDesk(deps: {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "apply">;
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly actLog: ActLog;
}): HandleCommits {
  const { eventStore, viewStore, actLog } = deps;
  const move = createPaymentMover(deps);

  /** Few orders ever come to the desk, so the store is asked for all that happened to them. */
  const ordersOf = async (commits: readonly Commit[]): Promise<(readonly Commit[])[]> => {
    const byShard = Map.groupBy(commits.filter(concernsDesk), ({ shard }) => shard);
    const found = [...byShard].map(async ([shard, concerned]) => {
      const orderIds = [...new Set(concerned.map(({ orderId }) => orderId))];
      return [...(await eventStore.readOrders(shard, orderIds)).values()];
    });
    return (await Promise.all(found)).flat();
  };

  return async (commits, checkpoint) => {
    await move(commits);
    await tellRefusedDecisions(actLog, commits);
    const writes = (await ordersOf(commits)).flatMap(deskWrites);
    return (await viewStore.apply(writes, checkpoint)).type;
  };
}

/** The id of a payment's document: neither half may hold the sign between them. */
export function deskIdOf({ orderId, paymentId }: Pick<DeskPayment, "orderId" | "paymentId">): string {
  return `${orderId}/${paymentId}`;
}

function deskWrites(commits: readonly Commit[]): readonly ViewWrite[] {
  const orderId = commits[0]?.orderId ?? "";
  return [...deskPaymentsOf(commits)].map(([paymentId, shown]): ViewWrite => {
    const id = deskIdOf({ orderId, paymentId });
    if (shown === null) return { type: "delete", target: DESK, id };
    const document: DeskPayment & ViewDocument = { ...shown };
    return { type: "put", target: DESK, id, document };
  });
}

/**
 * Keeps the payment desk: a document for each payment that a person must look at, the order at which each payment id counts,
 * the way of money from one order to another, and the audit of decisions that came too late. Moved money goes into the log
 * before the checkpoint is stored, so a crash brings it again and never loses it.
 */
import { concernsDesk, type DeskPayment, deskPaymentsOf } from "./desk-payments.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { ActLog } from "./operators.ts";
import { createPaymentMover } from "./payment-mover.ts";
import { createPaymentPlaces } from "./payment-places.ts";
import type { Commit, EventStore, MessageLog, ViewDocument, ViewStore, ViewWrite } from "./ports.ts";
import type { HandleCommits } from "./reactor.ts";
import { tellRefusedDecisions } from "./refused-decisions.ts";
import { DESK } from "./views.ts";

export const PAYMENT_DESK = "payment-desk";

/** The desk's work on a batch of commits. It may be repeated from the beginning at any time. */
export function createPaymentDesk(deps: {
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "apply" | "getMany" | "putNew">;
  readonly log: Pick<MessageLog, "produce">;
  readonly codec: MessageCodec;
  readonly actLog: ActLog;
  /** How late an order may be before its money is an orphan. */
  readonly watermarkMs: number;
}): HandleCommits {
  const { eventStore, viewStore, actLog, watermarkMs } = deps;
  const move = createPaymentMover(deps);
  const places = createPaymentPlaces(viewStore);

  /** Few orders ever come to the desk, so the store is asked for all that happened to them. */
  const ordersOf = async (concerned: readonly Commit[]): Promise<ReadonlyMap<string, readonly Commit[]>> => {
    const byShard = Map.groupBy(concerned, ({ shard }) => shard);
    const found = [...byShard].map(async ([shard, ofShard]) => {
      const orderIds = [...new Set(ofShard.map(({ orderId }) => orderId))];
      return [...(await eventStore.readOrders(shard, orderIds))];
    });
    return new Map((await Promise.all(found)).flat());
  };

  return async (commits, checkpoint) => {
    await move(commits);
    await tellRefusedDecisions(actLog, commits);
    const repeated = await places.take(commits);
    const orders = await ordersOf(commits.filter((commit) => concernsDesk(commit) || repeated.has(commit.orderId)));
    const elsewhere = await places.elsewhere(orders);
    const writes = [...orders].flatMap(([orderId, all]) =>
      deskWrites(orderId, deskPaymentsOf(all, elsewhere.get(orderId), watermarkMs)),
    );
    return (await viewStore.apply(writes, checkpoint)).type;
  };
}

/** The id of a payment's document: neither half may hold the sign between them. */
export function deskIdOf({ orderId, paymentId }: Pick<DeskPayment, "orderId" | "paymentId">): string {
  return `${orderId}/${paymentId}`;
}

function deskWrites(orderId: string, payments: ReadonlyMap<string, DeskPayment | null>): readonly ViewWrite[] {
  return [...payments].map(([paymentId, shown]): ViewWrite => {
    const id = deskIdOf({ orderId, paymentId });
    if (shown === null) return { type: "delete", target: DESK, id };
    const document: DeskPayment & ViewDocument = { ...shown };
    return { type: "put", target: DESK, id, document };
  });
}

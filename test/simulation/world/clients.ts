/**
 * The people and systems outside: they order, pay, cancel, take money back and look, through the front door of any
 * process or straight into the log, and repeat themselves until they are answered. They believe nothing but answers.
 */
import { OperationalError } from "../../../src/actors/errors.ts";
import type { Pipeline } from "../../../src/actors/pipeline.ts";
import type { MessageLog } from "../../../src/actors/ports.ts";
import type { Message, ReceivePayment, RecordRefund } from "../../../src/domain/messages.ts";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import type { Fail } from "../audit/fail.ts";
import type { Inbox } from "../audit/inbox.ts";
import type { Coverage } from "../engine/coverage.ts";
import type { Kernel } from "../engine/kernel.ts";
import type { Luck } from "../engine/luck.ts";
import type { Op, PaidAt } from "../scenario/scenario.ts";
import type { Broker } from "./broker.ts";
import type { History } from "./history.ts";
import type { Network } from "./network.ts";
import { poisonRecord } from "./poison.ts";
import { orderIdOf } from "./remembering-codec.ts";
import { OUTSIDE, type SimProcess } from "./sim-process.ts";

export interface Clients {
  /** Begins to do something, and sees it through. */
  run(op: Op): void;
}

const TIMEOUT_MS = 8_000;
const LONGEST_PAUSE_MS = 2_000;
const WAIT_MS = 2_000;

export function createClients(deps: {
  readonly kernel: Kernel;
  readonly luck: Luck;
  readonly network: Network;
  readonly broker: Broker;
  readonly log: Pick<MessageLog, "produce">;
  /** Those that answer requests. */
  readonly doors: readonly SimProcess[];
  readonly inbox: Inbox;
  readonly history: History;
  readonly coverage: Coverage;
  readonly startMs: number;
  readonly paymentWindowMs: number;
  readonly shards: number;
  readonly fail: Fail;
}): Clients {
  const { kernel, luck, network, broker, log, doors, inbox, history, coverage, startMs, paymentWindowMs, fail } = deps;

  /** Asks until there is an answer. Only an operational failure leaves the question open. */
  const insist = async <Answer>(whose: string, ask: () => Promise<Answer>): Promise<Answer> => {
    for (;;) {
      try {
        return await inTime(ask());
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        coverage.hit(`answer: ${error.code}`);
        await new Promise<void>((resolve) =>
          kernel.after(luck.between(100, LONGEST_PAUSE_MS, "pause", whose), resolve),
        );
      }
    }
  };
  const inTime = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const tooLate = (): void => reject(new OperationalError("service_unreachable", "no answer", { retryable: true }));
      const cancel = kernel.after(TIMEOUT_MS, tooLate);
      answer.finally(cancel).then(resolve, reject);
    });
  const ask = <Answer>(orderId: string, question: (pipeline: Pipeline) => Promise<Answer>): Promise<Answer> =>
    insist(orderId, () => luck.of(doors, "door", orderId).request(question));
  const send = (message: Message): Promise<void> =>
    insist(message.orderId, () => log.produce([encodeMessage(message)]));

  const noteAnswer = (op: Op, orderId: string, wasKnown: boolean, answer: { type: string; code?: string }): void => {
    coverage.hit(`answer ${op.type}: ${answer.code ?? answer.type}`);
    if (wasKnown && answer.code === "order_not_found") fail("Q1", `order ${orderId} was acknowledged and is not found`);
  };

  const paidAtOf = (orderId: string, paidAt: PaidAt): string => {
    if ("atMs" in paidAt) return new Date(startMs + paidAt.atMs).toISOString();
    const submission = inbox.ofOrder(orderId).find(({ message }) => message?.type === "SubmitOrder")?.message;
    const submittedMs = submission?.type === "SubmitOrder" ? Date.parse(submission.submittedAt) : kernel.nowMs();
    return new Date(submittedMs + paymentWindowMs + paidAt.afterDeadlineMs).toISOString();
  };

  const act = async (op: Op): Promise<void> => {
    const orderId = orderIdOf(op.order);
    const wasKnown = history.isAcknowledged(orderId);
    switch (op.type) {
      case "submit": {
        const { customer, items, quotedTotal } = op;
        if (op.route === "log") {
          const submittedAt = new Date(startMs + op.atMs).toISOString();
          const submission = { type: "SubmitOrder", orderId, customer, items, submittedAt } as const;
          await send(quotedTotal === undefined ? submission : { ...submission, quotedTotal });
          return history.orderAcknowledged(orderId);
        }
        const answer = await ask(orderId, ({ frontDoor }) =>
          frontDoor.submit({ customer, items, idempotencyKey: op.order }),
        );
        noteAnswer(op, orderId, wasKnown, answer);
        if (answer.type !== "accepted") return;
        if (answer.orderId !== orderId) fail("Q1", `one key gives the orders ${orderId} and ${answer.orderId}`);
        return history.orderAcknowledged(answer.orderId);
      }
      case "pay": {
        const { paymentId, amount, partial, webhookId } = op;
        const payment = { orderId, paymentId, amount, paidAt: paidAtOf(orderId, op.paidAt) };
        const message: ReceivePayment = { type: "ReceivePayment", ...payment, ...(partial ? { partial } : {}) };
        if (webhookId !== undefined) {
          if (await report(op, webhookId, message)) history.paymentAcknowledged(orderId, paymentId);
          return;
        }
        if (op.route === "log") await send(message);
        else
          noteAnswer(
            op,
            orderId,
            wasKnown,
            await ask(orderId, ({ frontDoor }) => frontDoor.pay({ ...payment, partial })),
          );
        return history.paymentAcknowledged(orderId, paymentId);
      }
      case "refund": {
        const { refundId, amount, webhookId } = op;
        const message: RecordRefund = { type: "RecordRefund", orderId, refundId, amount };
        if (webhookId !== undefined) {
          await report(op, webhookId, message);
          return;
        }
        if (op.route === "log") return send(message);
        const answer = await ask(orderId, ({ frontDoor }) => frontDoor.refund({ orderId, refundId, amount }));
        return noteAnswer(op, orderId, wasKnown, answer);
      }
      case "cancel": {
        const { commandId, reason } = op;
        if (op.route === "log") return send({ type: "CancelOrder", orderId, commandId, reason });
        const answer = await ask(orderId, ({ frontDoor }) => frontDoor.cancel({ orderId, reason }));
        return noteAnswer(op, orderId, wasKnown, answer);
      }
      case "decide": {
        const { paymentId, commandId, decision, toOrder } = op;
        const to = toOrder === undefined ? {} : { toOrderId: orderIdOf(toOrder) };
        const operator = { keyId: "key-1", name: "Grace" };
        const words = { paymentId, commandId, decision, ...to, operator, reason: "looked at it" };
        return send({ type: "DecidePayment", orderId, ...words });
      }
      case "read":
        return read(op, orderId, wasKnown);
      case "poison": {
        const { record, shard } = poisonRecord(op, orderId, deps.shards, startMs);
        const inject = { name: "log.produce", effect: async () => broker.inject(record, shard) } as const;
        return insist(orderId, () => network.write(OUTSIDE, "log", inject));
      }
    }
  };

  /** A payment provider tells by webhook; false when what it tells is refused. */
  const report = async (op: Op, webhookId: string, told: ReceivePayment | RecordRefund): Promise<boolean> => {
    const answer = await ask(told.orderId, ({ paymentWebhooks }) => paymentWebhooks.take(webhookId, told));
    noteAnswer(op, told.orderId, false, answer);
    return answer.type === "accepted";
  };

  const read = async (op: Extract<Op, { type: "read" }>, orderId: string, wasKnown: boolean): Promise<void> => {
    const found = await ask(orderId, async ({ orderReader }) => {
      if (op.how === "timeline") return orderReader.timeline(orderId);
      if (op.how === "mails") return orderReader.mails(orderId);
      if (op.how === "get") return orderReader.get(orderId);
      if (op.how === "list") return orderReader.list({ limit: 5 });
      return orderReader.waitFor(orderId, "confirmed", WAIT_MS, new AbortController().signal);
    });
    coverage.hit(`answer read ${op.how}: ${found === null ? "nothing" : "found"}`);
    if (wasKnown && found === null) fail("Q1", `order ${orderId} was acknowledged and cannot be read`);
  };

  return { run: (op) => void act(op) };
}

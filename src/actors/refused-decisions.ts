/**
 * Tells the audit of decisions about payments that their orders refused. A person's decision is in the act log before it is
 * on its way, and the order may have moved on until it comes: then an act says so, under an id that follows from the first
 * one's, so that telling twice has no effect. A decision that no act stands for came from elsewhere, and is not told.
 */
import type { PaymentDecisionRefused } from "../domain/events.ts";
import type { ActLog, OperatorAct } from "./operators.ts";
import { PAYMENT_DECIDED, PAYMENT_DECISION_REFUSED } from "./payment-decisions.ts";
import type { Commit } from "./ports.ts";

const PAGE_ACTS = 100;
const COMMAND = /^command:(.+)$/;

/** Resolves once the act log has what these commits tell. */
export async function tellRefusedDecisions(actLog: ActLog, commits: readonly Commit[]): Promise<void> {
  for (const { orderId, causeId, recordedAt, events } of commits) {
    const refused = events.find((event): event is PaymentDecisionRefused => event.type === "PaymentDecisionRefused");
    const commandId = COMMAND.exec(causeId)?.[1];
    if (refused === undefined || commandId === undefined) continue;
    const asked = await actOf(actLog, orderId, commandId);
    if (asked === null) continue;
    await actLog.append({
      ...asked,
      actId: `${asked.actId}-refused`,
      at: recordedAt,
      act: PAYMENT_DECISION_REFUSED,
      details: { ...asked.details, actId: asked.actId, refused: refused.data.detail },
    });
  }
}

/** The act of asking for a decision; null where there is none. */
async function actOf(actLog: ActLog, orderId: string, commandId: string): Promise<OperatorAct | null> {
  for (let beforeActId: string | undefined; ; ) {
    const page = await actLog.list({
      limit: PAGE_ACTS,
      target: orderId,
      ...(beforeActId === undefined ? {} : { beforeActId }),
    });
    const found = page.find(({ act, details }) => act === PAYMENT_DECIDED && details["commandId"] === commandId);
    if (found !== undefined) return found;
    if (page.length < PAGE_ACTS) return null;
    beforeActId = page.at(-1)?.actId;
  }
}

/**
 * What staff see of mails, and decide: one that was held, put off or refused is sent now or dropped. Who decides is in the
 * act log before the decision takes effect, and stays with the mail. A dropped mail's order is told at once; should this
 * process die before, the mail sender of the order's shard tells it.
 */
import { isSame } from "./is-same.ts";
import { mayDecide } from "./mail-decisions.ts";
import { reportOf } from "./mail-report.ts";
import type { MessageCodec } from "./message-codec.ts";
import type { ActLog, Operator } from "./operators.ts";
import type { Clock, MailDecision, MailDeskFilter, MailEntry, MailLedger, MessageLog, Random } from "./ports.ts";

export interface MailPage {
  readonly mails: readonly MailEntry[];
  readonly hasMore: boolean;
}

export interface WantedDecision {
  readonly messageId: string;
  readonly decision: MailDecision["decision"];
  readonly reason: string;
  readonly operator: Operator;
}

export interface MailDesk {
  /** Mails of a kind, the latest first. */
  list(query: {
    readonly filter: MailDeskFilter;
    readonly limit: number;
    readonly after?: Pick<MailEntry, "queuedAtMs" | "messageId">;
  }): Promise<MailPage>;
  get(messageId: string): Promise<MailEntry | null>;
  /** Lets a decision take effect; the mail as it is then, or why it cannot. */
  decide(wanted: WantedDecision): Promise<MailEntry | "missing" | "undecidable">;
}

export function createMailDesk(deps: {
  readonly ledger: Pick<MailLedger, "list" | "get" | "decide">;
  readonly log: Pick<MessageLog, "produce">;
  readonly actLog: Pick<ActLog, "append">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly random: Random;
}): MailDesk {
  const { ledger, log, actLog, codec, clock, random } = deps;

  const get = async (messageId: string): Promise<MailEntry | null> => (await ledger.get([messageId]))[0] ?? null;

  /** @param round the number of the decision to drop it: somebody may have decided to send it since. */
  const tellOrder = async ({ orderId, messageId }: MailEntry, reason: string, round: number): Promise<void> => {
    const outcome = { type: "dropped", response: reason } as const;
    const report = reportOf({ mail: { kind: "confirmation", orderId, messageId }, outcome, round });
    await log.produce([codec.encode(report)]);
  };

  return {
    async list({ limit, ...query }) {
      // One more than asked for tells whether there is a next page.
      const found = await ledger.list({ ...query, limit: limit + 1 });
      return { mails: found.slice(0, limit), hasMore: found.length > limit };
    },
    get,
    async decide({ messageId, decision, reason, operator }) {
      const before = await get(messageId);
      if (before === null) return "missing";
      if (!mayDecide(decision, before)) return "undecidable";
      const atMs = clock.nowMs();
      await actLog.append({
        actId: random.id(),
        at: new Date(atMs).toISOString(),
        operator,
        act: decision === "send" ? "mail.sent" : "mail.dropped",
        target: before.orderId,
        reason,
        details: { messageId, state: before.state },
      });
      const by = { keyId: operator.keyId, name: operator.name };
      const own = { decision, operator: by, reason, atMs };
      const result = await ledger.decide(messageId, own);
      if (result !== "decided") return result;
      const after = (await get(messageId)) ?? before;
      const round = after.decisions.findLastIndex((made) => isSame(made, own)) + 1;
      if (decision === "drop" && after.state === "dropped" && round > 0) await tellOrder(after, reason, round);
      return after;
    },
  };
}

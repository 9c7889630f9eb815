/**
 * What staff see of mails, and decide: one that was held, put off or refused is sent now or dropped. Who decides is in the
 * act log before the decision takes effect, and stays with the mail; one that takes none has an act that says so. A dropped
 * mail's order is told at once; should this process die before, the mail sender of the order's shard tells it.
 */
import { createAudit } from "./audit.ts";
import { isSame } from "./is-same.ts";
import { mayDecide } from "./mail-decisions.ts";
import { reportOf } from "./mail-reports.ts";
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

/** Why a decision that fitted a moment before did not take effect. */
const REFUSALS = {
  undecidable: "nothing can be decided about the mail any more",
  missing: "the ledger has no such mail any more",
} as const;

export function createMailDesk(deps: {
  readonly ledger: Pick<MailLedger, "list" | "get" | "decide">;
  readonly log: Pick<MessageLog, "produce">;
  readonly actLog: Pick<ActLog, "append">;
  readonly codec: MessageCodec;
  readonly clock: Clock;
  readonly random: Random;
}): MailDesk {
  const { ledger, log, codec } = deps;
  const audit = createAudit(deps);

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
      const { keyId, name } = operator;
      const act = {
        by: operator,
        act: decision === "send" ? "mail.sent" : "mail.dropped",
        noun: "mail.decision",
        target: before.orderId,
        reason,
        details: { messageId, decision, state: before.state },
      };
      const { own, result } = await audit.perform(
        act,
        async ({ at }) => {
          const made: MailDecision = { decision, operator: { keyId, name }, reason, atMs: Date.parse(at) };
          return { own: made, result: await ledger.decide(messageId, made) };
        },
        (decided) => (decided.result === "decided" ? null : REFUSALS[decided.result]),
      );
      if (result !== "decided") return result;
      const after = (await get(messageId)) ?? before;
      const round = after.decisions.findLastIndex((made) => isSame(made, own)) + 1;
      if (decision === "drop" && after.state === "dropped" && round > 0) await tellOrder(after, reason, round);
      return after;
    },
  };
}

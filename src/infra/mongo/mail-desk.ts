/**
 * What people look at and decide in the ledger of mails. A decision is one conditional update; only a mail whose order
 * knew an outcome needs a transaction, because it was counted as closed and no longer is.
 */
import { type Collection, type Document, type Filter, ObjectId } from "mongodb";
import { mayDecide } from "../../actors/mail-decisions.ts";
import type { MailDecision, MailLedger, MailState } from "../../actors/ports.ts";
import { type TallyDocument, tallyId } from "./checkpoints.ts";
import { entryOf, type MailDocument } from "./mail-documents.ts";
import type { Requests } from "./requests.ts";
import type { Transactions } from "./transactions.ts";

export function createMongoMailDesk(deps: {
  readonly mails: Collection<MailDocument>;
  readonly tallies: Collection<TallyDocument>;
  readonly transactions: Transactions;
  readonly requests: Requests;
}): Pick<MailLedger, "list" | "decide"> {
  const { mails, tallies, transactions, requests } = deps;

  /** Reopens a mail that was counted as closed; false when it no longer is in that state. */
  const reopen = (messageId: string, state: MailState, update: Document[]): Promise<boolean> =>
    transactions.run(async (session) => {
      const filter = { _id: messageId, state, closed: true, pending: { $exists: false } };
      const { matchedCount } = await requests.send("update", () => mails.updateOne(filter, update, { session }));
      if (matchedCount === 0) return { commit: false, result: false };
      const uncount = { $inc: { [`tally.${state}`]: -1 } };
      await requests.send("update", () => tallies.updateOne({ _id: tallyId(0) }, uncount, { session }));
      return { commit: true, result: true };
    });

  return {
    async list({ filter, limit, after }) {
      const query: Filter<MailDocument> = {
        state: filter === "held" ? "unknown" : filter,
        ...(filter === "held" ? { pending: "held" as const } : {}),
        ...(after === undefined ? {} : { $or: isAfter(after) }),
      };
      const options = { sort: { queuedAt: -1, _id: -1 }, limit, batchSize: limit + 1 } as const;
      const found = await requests.read("find", () => mails.find(query, options).toArray());
      return found.map(entryOf);
    },
    async decide(messageId, decision) {
      const found = await requests.read("find", () => mails.findOne({ _id: messageId }));
      if (found === null) return "missing";
      const { state, closed, pending } = found;
      if (!mayDecide(decision.decision, { state, closed })) return "undecidable";
      const update = [{ $set: changesOf(decision) }];
      if (closed && pending === undefined) return (await reopen(messageId, state, update)) ? "decided" : "undecidable";
      const filter = { _id: messageId, state, closed, step: found.step };
      const { matchedCount } = await requests.write("update", () => mails.updateOne(filter, update));
      return matchedCount === 1 ? "decided" : "undecidable";
    },
  };
}

function isAfter({ queuedAtMs, messageId }: { queuedAtMs: number; messageId: string }): Filter<MailDocument>[] {
  const queuedAt = new Date(queuedAtMs);
  return [{ queuedAt: { $lt: queuedAt } }, { queuedAt, _id: { $lt: messageId } }];
}

function changesOf({ decision, operator, reason, atMs }: MailDecision): Document {
  const at = new Date(atMs);
  const stored = {
    decision,
    keyId: { $literal: operator.keyId },
    name: { $literal: operator.name },
    reason: { $literal: reason },
    at,
    afterAttempt: "$attempt",
  };
  return {
    decisions: { $concatArrays: [{ $ifNull: ["$decisions", []] }, [stored]] },
    step: new ObjectId(),
    pendingAt: at,
    ...(decision === "send" ? { pending: "due", closed: false } : { pending: "unreported", state: "dropped" }),
  };
}

/**
 * The ledger of mails in MongoDB. A step of many mails is one conditional update: each document keeps its own state, so
 * whoever comes second finds nothing to update, and the id of the step tells which mails it had.
 */
import { type Collection, type Document, type Filter, ObjectId } from "mongodb";
import type { FinishedMail, MailAttempt, MailLedger, MailOutcome, MailState } from "../../actors/ports.ts";
import type { TallyDocument } from "./checkpoints.ts";
import { createMongoMailDesk } from "./mail-desk.ts";
import { attemptOf, entryOf, type MailDocument, outcomeOf, type Pending, storedOutcome } from "./mail-documents.ts";
import type { Requests } from "./requests.ts";
import type { Transactions } from "./transactions.ts";

type ClaimRequest = Parameters<MailLedger["claim"]>[0];

/** Where a store cannot read an index in its order, it sorts all that is due: so one look finds mails for several claims. */
const LOOK_AHEAD = 16;
const MAX_ABANDONED = 1_000;
const STOPPED = "the sender stopped before it stored an outcome";

interface AttemptOutcome {
  readonly messageId: string;
  readonly attempt: number;
  readonly outcome: MailOutcome;
}

export function createMongoMailLedger(deps: {
  readonly mails: Collection<MailDocument>;
  readonly tallies: Collection<TallyDocument>;
  readonly transactions: Transactions;
  readonly requests: Requests;
}): MailLedger {
  const { mails, tallies, requests } = deps;
  const desk = createMongoMailDesk(deps);
  /** Ids of mails that were due, oldest first, of the shards in `aheadOf`. */
  let ahead: string[] = [];
  let aheadOf = "";
  /** Claims of one process go one after the other, so that they do not take from each other what they found. */
  let turn: Promise<unknown> = Promise.resolve();

  const lookAhead = async ({ shards, nowMs, limit }: ClaimRequest): Promise<void> => {
    const filter = { pending: "due" as const, pendingAt: { $lte: new Date(nowMs) }, shard: { $in: [...shards] } };
    const options = { sort: { pendingAt: 1 }, limit: limit * LOOK_AHEAD, projection: { _id: 1 } } as const;
    const found = await requests.read("find", () =>
      mails.find(filter, { ...options, batchSize: options.limit + 1 }).toArray(),
    );
    ahead = found.map(({ _id }) => _id);
    aheadOf = shards.join();
  };

  /** Stores an attempt of those of the mails that are due and that nobody else has. */
  const startAttempts = async (ids: readonly string[], request: ClaimRequest): Promise<MailAttempt[]> => {
    const { shards, owner, nowMs, leaseUntilMs } = request;
    const step = new ObjectId();
    const filter: Filter<MailDocument> = {
      _id: { $in: [...ids] },
      pending: "due",
      pendingAt: { $lte: new Date(nowMs) },
      shard: { $in: [...shards] },
    };
    const attempt = { $add: ["$attempt", 1] };
    const started = { attempt, startedAt: new Date(nowMs), outcome: null };
    const update = {
      state: "attempting",
      pending: "attempting",
      pendingAt: new Date(leaseUntilMs),
      attempt,
      attempts: { $concatArrays: ["$attempts", [started]] },
      owner: { $literal: owner },
      step,
    };
    const { matchedCount } = await requests.write("update", () => mails.updateMany(filter, [{ $set: update }]));
    if (matchedCount === 0) return [];
    const found = await findSteps(ids, step);
    return ids.flatMap((id) => found.get(id) ?? []).map(attemptOf);
  };

  /** Those of the mails that a step has changed. */
  const findSteps = async (ids: readonly string[], step: ObjectId): Promise<Map<string, MailDocument>> => {
    const options = { batchSize: ids.length + 1 };
    const found = await requests.read("find", () => mails.find({ _id: { $in: [...ids] }, step }, options).toArray());
    return byMessageId(found);
  };

  const claim = async (request: ClaimRequest): Promise<MailAttempt[]> => {
    const attempts: MailAttempt[] = [];
    if (aheadOf !== request.shards.join()) ahead = [];
    while (attempts.length < request.limit) {
      if (ahead.length === 0) await lookAhead(request);
      const ids = ahead.splice(0, request.limit - attempts.length);
      if (ids.length === 0) break;
      attempts.push(...(await startAttempts(ids, request)));
    }
    return attempts;
  };

  /** Ends attempts that are still the current ones of their mails, with their outcomes. */
  const finish = async (outcomes: readonly AttemptOutcome[], states: readonly MailState[], step: ObjectId) => {
    const ids = outcomes.map(({ messageId }) => messageId);
    const ofMail = (values: readonly unknown[]): Document => ({
      $arrayElemAt: [{ $literal: values }, { $indexOfArray: [{ $literal: ids }, "$_id"] }],
    });
    const filter: Filter<MailDocument> = {
      _id: { $in: ids },
      state: { $in: [...states] },
      $expr: { $eq: ["$attempt", ofMail(outcomes.map(({ attempt }) => attempt))] },
    };
    const stored = outcomes.map(({ outcome }) => storedOutcome(outcome));
    const isCurrent = { $eq: ["$$this.attempt", "$attempt"] };
    const state = ofMail(stored.map(({ type }) => type));
    // A late outcome must not take back what somebody decided, unless the mail turns out to have been taken.
    const lastDecided = { $arrayElemAt: [{ $ifNull: ["$decisions.afterAttempt", []] }, -1] };
    const staysDue = { $and: [{ $eq: [lastDecided, "$attempt"] }, { $ne: [state, "accepted"] }] };
    const pending = ofMail(outcomes.map(({ outcome }) => pendingAfter(outcome)));
    const pendingAt = { $ifNull: [ofMail(stored.map(({ retryAt }) => retryAt)), "$queuedAt"] };
    const update = {
      state,
      pending: { $cond: ["$closed", "late", { $cond: [staysDue, "$pending", pending] }] },
      pendingAt: { $cond: [staysDue, "$pendingAt", pendingAt] },
      attempts: {
        $map: {
          input: "$attempts",
          in: { $cond: [isCurrent, { $mergeObjects: ["$$this", { outcome: ofMail(stored) }] }, "$$this"] },
        },
      },
      step,
    };
    await requests.write("update", () => mails.updateMany(filter, [{ $set: update }]));
  };

  return {
    claim(request) {
      const claimed = turn.then(() => claim(request));
      turn = claimed.catch(() => {});
      return claimed;
    },
    async record(outcomes) {
      // Of several outcomes of one mail, each needs the one before.
      for (const batch of byMail(outcomes)) await finish(batch, ["attempting", "unknown"], new ObjectId());
    },
    async abandon({ nowMs, exceptOwner, retryAtMs }) {
      const isExpired: Filter<MailDocument> = { pendingAt: { $lt: new Date(nowMs) } };
      const isForeign: Filter<MailDocument>[] = exceptOwner === undefined ? [] : [{ owner: { $ne: exceptOwner } }];
      const filter: Filter<MailDocument> = { pending: "attempting", $or: [isExpired, ...isForeign] };
      const options = { sort: { pendingAt: 1 }, limit: MAX_ABANDONED, projection: { attempt: 1 } } as const;
      const orphans = await requests.read("find", () =>
        mails.find(filter, { ...options, batchSize: MAX_ABANDONED + 1 }).toArray(),
      );
      if (orphans.length === 0) return [];
      const outcome: MailOutcome = { type: "unknown", response: STOPPED, retryAtMs };
      const step = new ObjectId();
      const outcomes = orphans.map(({ _id, attempt }) => ({ messageId: _id, attempt, outcome }));
      await finish(outcomes, ["attempting"], step);
      const ids = orphans.map(({ _id }) => _id);
      const marked = await findSteps(ids, step);
      return ids.filter((id) => marked.has(id));
    },
    async unreported(shards, limit) {
      const filter = { pending: "unreported" as const, shard: { $in: [...shards] } };
      const options = { sort: { pendingAt: 1 }, limit, batchSize: limit + 1 } as const;
      const found = await requests.read("find", () => mails.find(filter, options).toArray());
      return found.map(finishedMailOf);
    },
    async counts() {
      const byState = [{ $match: { pending: { $exists: true } } }, { $group: { _id: "$state", mails: { $sum: 1 } } }];
      const [states, closed] = await Promise.all([
        requests.read("aggregate", () => mails.aggregate<{ _id: MailState; mails: number }>(byState).toArray()),
        requests.read("find", () => tallies.find({ tally: { $exists: true } }).toArray()),
      ]);
      const counts: Record<MailState, number> = {
        queued: 0,
        attempting: 0,
        accepted: 0,
        refused: 0,
        deferred: 0,
        unknown: 0,
        dropped: 0,
      };
      for (const { _id, mails: open } of states) counts[_id] += open;
      for (const { tally } of closed) {
        for (const [state, number] of Object.entries(tally)) counts[state as MailState] += number;
      }
      return counts;
    },
    async get(messageIds) {
      if (messageIds.length === 0) return [];
      const options = { batchSize: messageIds.length + 1 };
      const found = await requests.read("find", () => mails.find({ _id: { $in: [...messageIds] } }, options).toArray());
      const byId = byMessageId(found);
      return messageIds.flatMap((messageId) => byId.get(messageId) ?? []).map(entryOf);
    },
    async scan({ afterMessageId, limit }) {
      const options = { sort: { _id: 1 }, limit, batchSize: limit + 1 } as const;
      const filter = { _id: { $gt: afterMessageId } };
      const found = await requests.read("find", () => mails.find(filter, options).toArray());
      return found.map(entryOf);
    },
    list: (query) => desk.list(query),
    decide: (messageId, decision) => desk.decide(messageId, decision),
  };
}

function byMessageId(found: readonly MailDocument[]): Map<string, MailDocument> {
  return new Map(found.map((mail) => [mail.mail.messageId, mail]));
}

/** What has to happen after an outcome, while the order does not know it. */
function pendingAfter(outcome: MailOutcome): Pending {
  if (!("retryAtMs" in outcome)) return "unreported";
  return outcome.retryAtMs === null ? "held" : "due";
}

function finishedMailOf({ mail, attempts, state, decisions = [] }: MailDocument): FinishedMail {
  const round = decisions.length;
  const last = decisions.at(-1);
  if (state === "dropped" && last !== undefined) {
    return { mail, outcome: { type: "dropped", response: last.reason }, round };
  }
  const outcome = attempts.at(-1)?.outcome ?? null;
  if (outcome === null) throw new Error(`mail ${mail.messageId} has an outcome and no attempt with it`);
  const { type, response } = outcomeOf(outcome);
  if (type !== "accepted" && type !== "refused") throw new Error(`mail ${mail.messageId} is ${type}, and unreported`);
  return { mail, outcome: { type, response }, round };
}

/** Batches in which no mail comes twice, in their order. */
function byMail(outcomes: readonly AttemptOutcome[]): AttemptOutcome[][] {
  const batches: Map<string, AttemptOutcome>[] = [];
  for (const outcome of outcomes) {
    const free = batches.find((batch) => !batch.has(outcome.messageId));
    if (free === undefined) batches.push(new Map([[outcome.messageId, outcome]]));
    else free.set(outcome.messageId, outcome);
  }
  return batches.map((batch) => [...batch.values()]);
}

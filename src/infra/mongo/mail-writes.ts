/**
 * What happens to mails inside the transactions of views: they come in, and they are closed. Mails that are closed leave
 * the partial index, and are counted by the same transaction, so that nobody ever has to count them.
 */
import type { ClientSession, Collection, Filter, ObjectId } from "mongodb";
import type { MailAttempt, MailState } from "../../actors/ports.ts";
import type { MailCounts } from "./checkpoints.ts";
import { attemptOf, type MailDocument, newMailDocument } from "./mail-documents.ts";
import { isOnlyDuplicates } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { ClosedMail, NewMail } from "./view-plan.ts";

export interface MailWrites {
  /**
   * Puts in the mails that are new; returns the attempts of those that were claimed. `step` is the same in every run of
   * a transaction: a mail that has it was put in by a run which was committed without anybody knowing.
   */
  enqueue(session: ClientSession, mails: readonly NewMail[], step: ObjectId, attempt: number): Promise<MailAttempt[]>;
  /** The same outside a transaction, with one request while all the mails are new. They follow from stored commits alone. */
  enqueueAlone(mails: readonly NewMail[], step: ObjectId): Promise<MailAttempt[]>;
  /** Closes mails; returns how many of each state need no counting any more. */
  close(session: ClientSession, mails: readonly ClosedMail[]): Promise<MailCounts>;
}

export function createMailWrites(deps: {
  readonly mails: Collection<MailDocument>;
  readonly requests: Requests;
}): MailWrites {
  const { mails, requests } = deps;

  const close = async (session: ClientSession, filter: Filter<MailDocument>, state: MailState): Promise<number> => {
    // An attempt under way still has to be recorded, or given up when its lease ends.
    const update =
      state === "attempting"
        ? { $set: { closed: true } }
        : { $set: { closed: true }, $unset: { pending: "" as const, pendingAt: "" as const } };
    const { matchedCount } = await requests.send("update", () =>
      mails.updateMany({ ...filter, state }, update, { session }),
    );
    return matchedCount;
  };

  /** Closes mails about which people have decided at most `round` times. */
  const closeRound = async (session: ClientSession, ids: readonly string[], round: number): Promise<MailCounts> => {
    const counts = new Map<MailState, number>();
    const filter = { _id: { $in: [...ids] }, closed: false, [`decisions.${round}`]: { $exists: false } };
    const accepted = await close(session, filter, "accepted");
    if (accepted > 0) counts.set("accepted", accepted);
    if (accepted === ids.length) return counts;
    const options = { session, projection: { state: 1 }, batchSize: ids.length + 1 };
    const others = await requests.send("find", () => mails.find(filter, options).toArray());
    for (const state of new Set(others.map((mail) => mail.state))) {
      const closed = await close(session, filter, state);
      if (state !== "attempting") counts.set(state, closed);
    }
    return counts;
  };

  return {
    async enqueue(session, queued, step, attempt) {
      if (queued.length === 0) return [];
      let documents = queued.map((mail) => newMailDocument(mail, step));
      const known = new Set<string>();
      // Mails are nearly always new. Only after a run that found one which is not, they are looked for before.
      if (attempt > 1) {
        const filter = { _id: { $in: documents.map(({ _id }) => _id) } };
        const options = { session, projection: { step: 1 }, batchSize: documents.length + 1 };
        const found = await requests.send("find", () => mails.find(filter, options).toArray());
        const own = new Set(found.filter((mail) => mail.step.equals(step)).map(({ _id }) => _id));
        for (const { _id } of found) known.add(_id);
        documents = documents.filter(({ _id }) => !known.has(_id) || own.has(_id));
      }
      const added = documents.filter(({ _id }) => !known.has(_id));
      if (added.length > 0) await requests.send("insert", () => mails.insertMany(added, { session }));
      return documents.filter(({ state }) => state === "attempting").map(attemptOf);
    },
    async enqueueAlone(queued, step) {
      const documents = queued.map((mail) => newMailDocument(mail, step));
      const claimed = documents.filter(({ state }) => state === "attempting");
      const hasDuplicates = await requests.write("insert", () =>
        mails.insertMany(documents, { ordered: false }).then(
          () => false,
          (error: unknown) => {
            if (isOnlyDuplicates(error)) return true;
            throw error;
          },
        ),
      );
      if (!hasDuplicates || claimed.length === 0) return claimed.map(attemptOf);
      // Those that were new carry this step; the driver's own repeat of a request refuses them, too.
      const filter = { _id: { $in: claimed.map(({ _id }) => _id) }, step };
      const options = { projection: { _id: 1 }, batchSize: claimed.length + 1 };
      const found = await requests.read("find", () => mails.find(filter, options).toArray());
      const own = new Set(found.map(({ _id }) => _id));
      return claimed.filter(({ _id }) => own.has(_id)).map(attemptOf);
    },
    async close(session, closed) {
      const counts = new Map<MailState, number>();
      for (const [round, ofRound] of Map.groupBy(closed, (mail) => mail.round)) {
        const ids = ofRound.map(({ messageId }) => messageId);
        for (const [state, number] of await closeRound(session, ids, round)) {
          counts.set(state, (counts.get(state) ?? 0) + number);
        }
      }
      return counts;
    },
  };
}

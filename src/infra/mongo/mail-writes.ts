/**
 * What happens to mails inside the transactions of views: they come in, and they are closed. Mails that are closed leave
 * the partial index, and are counted by the same transaction, so that nobody ever has to count them.
 */
import type { ClientSession, Collection, ObjectId } from "mongodb";
import type { MailAttempt, MailState } from "../../actors/ports.ts";
import type { MailCounts } from "./checkpoints.ts";
import { attemptOf, type MailDocument, newMailDocument } from "./mail-documents.ts";
import { isOnlyDuplicates } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";
import type { NewMail } from "./view-plan.ts";

export interface MailWrites {
  /**
   * Puts in the mails that are new; returns the attempts of those that were claimed. `step` is the same in every run of
   * a transaction: a mail that has it was put in by a run which was committed without anybody knowing.
   */
  enqueue(session: ClientSession, mails: readonly NewMail[], step: ObjectId, attempt: number): Promise<MailAttempt[]>;
  /** The same outside a transaction, with one request while all the mails are new. They follow from stored commits alone. */
  enqueueAlone(mails: readonly NewMail[], step: ObjectId): Promise<MailAttempt[]>;
  /** Closes mails; returns how many of each state need no counting any more. */
  close(session: ClientSession, messageIds: readonly string[]): Promise<MailCounts>;
}

export function createMailWrites(deps: {
  readonly mails: Collection<MailDocument>;
  readonly requests: Requests;
}): MailWrites {
  const { mails, requests } = deps;

  const close = async (session: ClientSession, ids: readonly string[], state: MailState): Promise<number> => {
    const filter = { _id: { $in: [...ids] }, closed: false, state };
    // An attempt under way still has to be recorded, or given up when its lease ends.
    const update =
      state === "attempting"
        ? { $set: { closed: true } }
        : { $set: { closed: true }, $unset: { pending: "" as const, pendingAt: "" as const } };
    const { matchedCount } = await requests.send("update", () => mails.updateMany(filter, update, { session }));
    return matchedCount;
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
    async close(session, messageIds) {
      const counts = new Map<MailState, number>();
      if (messageIds.length === 0) return counts;
      const accepted = await close(session, messageIds, "accepted");
      if (accepted > 0) counts.set("accepted", accepted);
      if (accepted === messageIds.length) return counts;
      const filter = { _id: { $in: [...messageIds] }, closed: false };
      const options = { session, projection: { state: 1 }, batchSize: messageIds.length + 1 };
      const others = await requests.send("find", () => mails.find(filter, options).toArray());
      for (const state of new Set(others.map((mail) => mail.state))) {
        const closed = await close(session, messageIds, state);
        if (state !== "attempting") counts.set(state, closed);
      }
      return counts;
    },
  };
}

/**
 * Tells orders again about outcomes of mails that a crash may have kept from them, until they know. An order that knows that
 * its mail was taken hears nothing more: so a mail that was sent once more by mistake, or whose outcome came after somebody
 * had decided about it, is closed instead of being told about for ever.
 */
import { foldCommits } from "./fold-commits.ts";
import type { EventStore, FinishedMail, MailLedger, ViewStore } from "./ports.ts";

const BATCH_MAILS = 500;

export interface MailLeftoversDeps {
  readonly ledger: Pick<MailLedger, "unreported">;
  readonly eventStore: Pick<EventStore, "readOrders">;
  readonly viewStore: Pick<ViewStore, "apply">;
  readonly shardOf: (orderId: string) => number;
  /** Resolves when the orders are sure to hear of the mails. */
  readonly report: (mails: readonly FinishedMail[]) => Promise<void>;
}

/** Makes the function that tells what is left to tell of some shards. A repeat has no effect. */
export function createMailLeftovers(deps: MailLeftoversDeps): (shards: readonly number[]) => Promise<void> {
  const { ledger, eventStore, viewStore, shardOf, report } = deps;

  const emailedOrders = async (mails: readonly FinishedMail[]): Promise<ReadonlySet<string>> => {
    const emailed = new Set<string>();
    const orderIds = new Set(mails.map(({ mail }) => mail.orderId));
    for (const [shard, ofShard] of Map.groupBy(orderIds, shardOf)) {
      for (const [orderId, commits] of await eventStore.readOrders(shard, ofShard)) {
        if (foldCommits(commits).status === "emailed") emailed.add(orderId);
      }
    }
    return emailed;
  };

  return async (shards) => {
    if (shards.length === 0) return;
    const left = await ledger.unreported(shards, BATCH_MAILS);
    if (left.length === 0) return;
    const emailed = await emailedOrders(left);
    await report(left.filter(({ mail }) => !emailed.has(mail.orderId)));
    const known = left.filter(({ mail }) => emailed.has(mail.orderId));
    if (known.length === 0) return;
    await viewStore.apply(
      known.map(({ mail: { messageId }, round }) => ({ type: "closeMail", messageId, round }) as const),
    );
  };
}

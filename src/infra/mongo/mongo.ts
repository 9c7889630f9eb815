/** The stores on MongoDB, or on a store that speaks its protocol and has its transactions; shared by any number of processes. */
import { ObjectId } from "mongodb";
import type { ActLog, OperatorKeys } from "../../actors/operators.ts";
import type { Clock, EventStore, MailLedger, ViewStore } from "../../actors/ports.ts";
import type { EngineMetrics } from "../engine-metrics.ts";
import { type ActDocument, createMongoActLog } from "./act-log.ts";
import { createCheckpoints, type ProgressDocument, TALLIES, type TallyDocument } from "./checkpoints.ts";
import type { CommitDocument } from "./commit-documents.ts";
import { createConnection } from "./connection.ts";
import { createMongoEventStore } from "./event-store.ts";
import { COLLECTIONS } from "./layout.ts";
import type { MailDocument } from "./mail-documents.ts";
import { createMongoMailLedger } from "./mail-ledger.ts";
import { createMailWrites } from "./mail-writes.ts";
import { createMongoOperatorKeys, type EndedSessionDocument, type KeyDocument } from "./operator-keys.ts";
import { prepareStore, type SettingsDocument } from "./preparation.ts";
import { createRequests } from "./requests.ts";
import { createTransactionSessions, type TransactionSessionDocument } from "./transaction-sessions.ts";
import { createTransactions } from "./transactions.ts";
import { createMongoViewStore } from "./view-store.ts";
import { type ActiveViewDocument, createViewVersions, type VersionDocument } from "./view-versions.ts";

export interface MongoStores {
  readonly eventStore: EventStore;
  readonly viewStore: ViewStore;
  readonly ledger: MailLedger;
  readonly operatorKeys: OperatorKeys;
  readonly actLog: ActLog;
  /** Where the stores are, without names and passwords. */
  readonly hosts: string;
  /** What was created or found, in lines for people. */
  readonly prepared: readonly string[];
  /** How many operations wait for an answer. */
  pendingOperations(): number;
  /** Writes a little, durably. @throws OperationalError when nothing can be written. */
  probe(): Promise<void>;
  /** Closes all connections; what is asked afterwards fails. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Connects, creates what is missing and checks what is there.
 * @throws OperationalError `store_unavailable`, `store_unsupported`, `shards_changed`, `data_too_new` or `invalid_configuration`.
 */
export async function openMongo(options: {
  readonly url: string;
  readonly shards: number;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
}): Promise<MongoStores> {
  const { url, shards, clock, metrics } = options;
  const { client, hosts } = createConnection(url);
  const requests = createRequests({ hosts, metrics, clock });
  const db = client.db();
  const sessions = createTransactionSessions({
    client,
    sessions: db.collection<TransactionSessionDocument>(COLLECTIONS.transactionSessions),
    requests,
    clock,
  });
  const transactions = createTransactions({ sessions, requests, clock });
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await sessions.stop();
    await client.close();
  };
  try {
    await requests.read("admin", () => client.connect());
    const prepared = await prepareStore({ db, requests, transactions, shards });

    const progress = db.collection<ProgressDocument>(COLLECTIONS.progress);
    const mails = db.collection<MailDocument>(COLLECTIONS.mails);
    const settings = db.collection<SettingsDocument>(COLLECTIONS.settings);
    const commits = db.collection<CommitDocument>(COLLECTIONS.commits);
    const eventStore = createMongoEventStore({ commits, requests, clock, metrics });
    const viewStore = createMongoViewStore({
      versions: createViewVersions({
        db,
        versions: db.collection<VersionDocument>(COLLECTIONS.viewVersions),
        activeViews: db.collection<ActiveViewDocument>(COLLECTIONS.activeViews),
        requests,
        clock,
      }),
      checkpoints: createCheckpoints({ progress, requests, tally: anyTally() }),
      mailWrites: createMailWrites({ mails, requests }),
      transactions,
      requests,
    });
    const tallies = db.collection<TallyDocument>(COLLECTIONS.progress);
    return {
      eventStore,
      viewStore,
      ledger: createMongoMailLedger({ mails, tallies, transactions, requests }),
      operatorKeys: createMongoOperatorKeys({
        keys: db.collection<KeyDocument>(COLLECTIONS.operatorKeys),
        endedSessions: db.collection<EndedSessionDocument>(COLLECTIONS.endedSessions),
        transactions,
        requests,
      }),
      actLog: createMongoActLog({ acts: db.collection<ActDocument>(COLLECTIONS.operatorActs), requests }),
      hosts,
      prepared,
      pendingOperations: () => requests.pending() + eventStore.pendingAppends(),
      async probe() {
        const update = { $set: { at: new Date(clock.nowMs()) } };
        await requests.write("update", () => settings.updateOne({ _id: "probe" }, update, { upsert: true }));
      },
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One of the tallies by chance: the driver's ids end in a counter that begins anywhere. */
function anyTally(): number {
  return Number.parseInt(new ObjectId().toHexString().slice(-2), 16) % TALLIES;
}

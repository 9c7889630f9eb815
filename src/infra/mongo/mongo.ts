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
import { type FoundLayout, lookAtStore } from "./readable-store.ts";
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

/** The stores as a command reads them that only looks, with what was found of what a start creates. */
export interface ReadableMongoStores extends Pick<MongoStores, "eventStore" | "viewStore" | "ledger" | "operatorKeys"> {
  readonly found: FoundLayout;
  stop(): Promise<void>;
}

interface MongoOptions {
  readonly url: string;
  readonly shards: number;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
}

/**
 * Connects, creates what is missing and checks what is there.
 * @throws OperationalError `store_unavailable`, `store_unsupported`, `shards_changed`, `data_too_new` or `invalid_configuration`.
 */
export async function openMongo(options: MongoOptions): Promise<MongoStores> {
  const { shards, clock } = options;
  const connected = connect(options);
  const { client, db, requests, transactions, hosts, stop } = connected;
  try {
    await requests.read("admin", () => client.connect());
    const prepared = await prepareStore({ db, requests, transactions, shards });
    const settings = db.collection<SettingsDocument>(COLLECTIONS.settings);
    const stores = storesOn(connected, options);
    return {
      ...stores,
      hosts,
      prepared,
      pendingOperations: () => requests.pending() + stores.eventStore.pendingAppends(),
      async probe() {
        const update = { $set: { at: new Date(clock.nowMs()) } };
        await requests.write("update", () => settings.updateOne({ _id: "probe" }, update, { upsert: true }));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Connects and looks what is there; creates nothing.
 * @throws OperationalError as `openMongo`, but nothing for what is missing.
 */
export async function openMongoForReading(options: MongoOptions): Promise<ReadableMongoStores> {
  const connected = connect(options);
  const { client, db, requests, stop } = connected;
  try {
    await requests.read("admin", () => client.connect());
    const found = await lookAtStore({ db, requests, shards: options.shards });
    return { ...storesOn(connected, options), found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function connect({ url, clock, metrics }: MongoOptions) {
  const { client, hosts } = createConnection(url);
  const requests = createRequests({ hosts, metrics, clock, onSlow: () => void sessions.endSilent() });
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
  return { client, db, hosts, requests, transactions, stop: () => (stopped ??= stop()) };
}

function storesOn({ db, requests, transactions }: ReturnType<typeof connect>, { clock, metrics }: MongoOptions) {
  const progress = db.collection<ProgressDocument>(COLLECTIONS.progress);
  const tallies = db.collection<TallyDocument>(COLLECTIONS.progress);
  const mails = db.collection<MailDocument>(COLLECTIONS.mails);
  const commits = db.collection<CommitDocument>(COLLECTIONS.commits);
  return {
    eventStore: createMongoEventStore({ commits, requests, clock, metrics }),
    viewStore: createMongoViewStore({
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
    }),
    ledger: createMongoMailLedger({ mails, tallies, transactions, requests }),
    operatorKeys: createMongoOperatorKeys({
      keys: db.collection<KeyDocument>(COLLECTIONS.operatorKeys),
      endedSessions: db.collection<EndedSessionDocument>(COLLECTIONS.endedSessions),
      transactions,
      requests,
    }),
    actLog: createMongoActLog({ acts: db.collection<ActDocument>(COLLECTIONS.operatorActs), requests }),
  };
}

/** One of the tallies by chance: the driver's ids end in a counter that begins anywhere. */
function anyTally(): number {
  return Number.parseInt(new ObjectId().toHexString().slice(-2), 16) % TALLIES;
}

/**
 * The connection to MongoDB or a store that speaks its protocol. Everything that durability and freshness depend on is
 * said here and not left to a server's defaults, and every wait has an end, so that a store that stops answering leads
 * to errors and never to a hang.
 */
import { MongoClient, type MongoClientOptions, MongoParseError, type TransactionOptions } from "mongodb";
import { OperationalError } from "../../actors/errors.ts";

/** An acknowledged write is on the disks of a majority. A store that takes too long for that says so before we give it up. */
const DURABLE = { w: "majority", journal: true, wtimeoutMS: 6_000 } as const;
const NEWEST = { level: "majority" } as const;

/** Transactions take what the client has, but say it themselves: a transaction ignores what its collections say. */
export const TRANSACTION_OPTIONS: TransactionOptions = {
  readConcern: NEWEST,
  writeConcern: DURABLE,
  readPreference: "primary",
};

const OPTIONS: MongoClientOptions = {
  appName: "orderloom",
  writeConcern: DURABLE,
  readConcern: NEWEST,
  readPreference: "primary",
  retryWrites: true,
  retryReads: true,
  ignoreUndefined: true,
  promoteLongs: true,
  maxPoolSize: 10,
  maxIdleTimeMS: 60_000,
  // A store that needs two seconds for everything is slow, and not away: a connection begins with several requests.
  connectTimeoutMS: 8_000,
  socketTimeoutMS: 8_000,
  serverSelectionTimeoutMS: 8_000,
  waitQueueTimeoutMS: 8_000,
  heartbeatFrequencyMS: 2_000,
};

export interface Connection {
  readonly client: MongoClient;
  /** Where the store is, without names and passwords. */
  readonly hosts: string;
}

/**
 * Makes a client of a URL; it connects with its first request.
 * @throws OperationalError `invalid_configuration`, without the URL: it may hold a password.
 */
export function createConnection(url: string): Connection {
  try {
    const client = new MongoClient(url, OPTIONS);
    const { srvHost, hosts } = client.options;
    return { client, hosts: srvHost ?? hosts.join(",") };
  } catch (error) {
    const reason = error instanceof MongoParseError ? `: ${error.message}` : "";
    throw new OperationalError(
      "invalid_configuration",
      `MONGODB_URL is not an address of MongoDB${reason}. It has the form mongodb://host:27017/orderloom?replicaSet=rs0.`,
      { retryable: false },
    );
  }
}

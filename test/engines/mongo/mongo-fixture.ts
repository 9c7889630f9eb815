/** Stores on the engine of these tests, each in a database of its own, which is dropped after the test. */
import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { onTestFinished } from "vitest";
import type { Commit } from "../../../src/actors/ports.ts";
import { type MongoStores, openMongo } from "../../../src/infra/mongo/mongo.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { withDatabase } from "../../support/engines/installation.ts";

export const SHARDS = 8;

/** What the adapters tell the metrics. */
export interface RecordedRequests {
  /** Sizes of the inserts into the event store. */
  readonly inserted: number[];
  /** The requests by name, in their order. */
  readonly roundTrips: string[];
  /** Called with the name of each request before it is sent. */
  onRequest(operation: string): void;
}

export interface MongoFixture {
  /** The URL of the test's own database. */
  readonly url: string;
  readonly recorded: RecordedRequests;
  /** Opens the stores, like a process of its own; they are stopped after the test. */
  open(options?: { readonly shards?: number; readonly url?: string }): Promise<MongoStores>;
  /** A client of its own on the database, for faults and for looking. */
  client(): Promise<MongoClient>;
}

export function createMongoFixture(mongoUrl: string): MongoFixture {
  const url = withDatabase(mongoUrl, `test-${randomUUID()}`);
  const recorded: RecordedRequests = { inserted: [], roundTrips: [], onRequest() {} };
  const metrics = {
    sent() {},
    fetched() {},
    extraPartitions() {},
    inserted: (commits: number) => void recorded.inserted.push(commits),
    roundTrip(_engine: string, operation: string) {
      recorded.roundTrips.push(operation);
      recorded.onRequest(operation);
    },
  };
  const client = async (): Promise<MongoClient> => {
    const connected = await new MongoClient(url).connect();
    onTestFinished(() => connected.close());
    return connected;
  };
  onTestFinished(async () => {
    const cleaner = new MongoClient(url);
    await cleaner.db().dropDatabase();
    await cleaner.close();
  });
  return {
    url,
    recorded,
    client,
    async open({ shards = SHARDS, url: givenUrl = url } = {}) {
      const stores = await openMongo({ url: givenUrl, shards, clock: systemClock, metrics });
      onTestFinished(() => stores.stop());
      return stores;
    },
  };
}

/** A commit of an order of its own, unless told otherwise. */
export function commit(parts: Partial<Commit> & { position: number }): Commit {
  const { shard = 0, position, orderId = `order-${shard}-${position}` } = parts;
  return {
    shard,
    orderId,
    sequence: 1,
    causeId: `order:${orderId}`,
    events: [{ type: "OrderValidated", data: {} }],
    recordedAt: "2026-01-05T12:00:00.000Z",
    ...parts,
  };
}

/** A process for a test to kill: it writes records and commits for ever, and prints the id of each once it is acknowledged. */
import { createSqliteDatabase } from "../../../src/infra/sqlite/database.ts";
import { createSqliteEventStore } from "../../../src/infra/sqlite/event-store.ts";
import { createSqliteMessageLog } from "../../../src/infra/sqlite/message-log.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";

const [dataDir = "", shardCount = ""] = process.argv.slice(2);
const shards = Number(shardCount);

function fail(error: unknown): void {
  throw error;
}

const database = await createSqliteDatabase({ dataDir, shards, onCrash: fail });
const store = createSqliteEventStore(database);
const log = await createSqliteMessageLog(database, { shards, clock: systemClock, random: systemRandom, onError: fail });

async function produceForEver(producer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const value = `record-${producer}-${i}`;
    await log.produce([{ topic: "orders", key: value, value, headers: {} }]);
    console.log(value);
  }
}

async function appendForEver(shard: number): Promise<void> {
  for (let position = 1; ; position++) {
    const orderId = `order-${shard}-${position}`;
    const events = [{ type: "OrderValidated", data: {} }] as const;
    await store.append([{ shard, position, orderId, sequence: 1, causeId: "order", events, recordedAt: "" }]);
    console.log(orderId);
  }
}

for (let i = 0; i < 10; i++) void produceForEver(i);
for (let shard = 0; shard < shards; shard++) void appendForEver(shard);

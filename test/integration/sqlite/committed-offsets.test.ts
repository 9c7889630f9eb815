/** How far a shard was processed is never taken back. */
import { expect, test } from "vitest";
import { createDataDir, openStores } from "./sqlite-fixture.ts";

test("an offset that comes late does not take the log back", async () => {
  const dataDir = await createDataDir();
  const { database } = await openStores(dataDir);
  const orders = { topic: "orders", shard: 0 } as const;
  await database.write("log.commitOffsets", [{ ...orders, nextOffset: 5 }]);
  await database.write("log.commitOffsets", [{ ...orders, nextOffset: 3 }]);
  await database.stop();
  const lags = await (await openStores(dataDir)).log.inboxLag();
  expect(lags.find(({ topic, shard }) => topic === "orders" && shard === 0)).toMatchObject({ committedOffset: 5 });
});

/**
 * A disk that does not answer holds up what has to be stored, and nothing else: orders that exist are read, the
 * process is alive, and what waited is answered once the disk is back. The disk is stopped by holding the
 * database's write lock, so the service's writer waits as it would for an fsync.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { reconcile } from "../support/reconcile.ts";
import { startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

test("while nothing can be written, orders are read, and the order that waits is taken afterwards", async () => {
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({ DATA_DIR: dataDir });
  const shopper = createShopper(() => service.url);
  const never = new AbortController().signal;
  const before = await shopper.buy("before", never);
  const read = async (path: string): Promise<unknown> => (await fetch(`${service.url}${path}`)).json();
  expect(await read(`/orders/${before?.orderId}?until=emailed&wait=30`)).toMatchObject({ status: "emailed" });
  const listed = { orders: [{ orderId: before?.orderId }] };
  await expect.poll(() => read("/orders?status=emailed"), { timeout: 20_000 }).toMatchObject(listed);

  const disk = new DatabaseSync(join(dataDir, "orderloom.db"), { timeout: 10_000 });
  disk.exec("BEGIN IMMEDIATE");
  let answered = false;
  const during = shopper.buy("during", never).finally(() => {
    answered = true;
  });
  for (let i = 0; i < 20; i++) {
    expect(await read(`/orders/${before?.orderId}`)).toMatchObject({ status: "emailed" });
    expect(await read("/orders?status=emailed")).toMatchObject(listed);
    expect(await read("/livez")).toMatchObject({ status: "live" });
  }
  expect(answered).toBe(false);
  disk.exec("ROLLBACK");
  disk.close();

  const after = await during;
  expect(await read(`/orders/${after?.orderId}?until=emailed&wait=30`)).toMatchObject({ status: "emailed" });
  expect((await service.end("SIGTERM")).code).toBe(0);
  expect(await reconcile(dataDir)).toMatchObject({ code: 0, report: { unexplained: 0, compared: { orders: 2 } } });
});

/**
 * `orderloom reconcile` on a data folder: beside the service that uses it, after a kill, and on data that somebody has
 * changed by hand. It never changes anything itself.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { reconcile } from "../support/reconcile.ts";
import { runOrderloom, startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

test("reconcile agrees beside a running service, and after it was killed", async () => {
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({ DATA_DIR: dataDir });
  const shopper = createShopper(() => service.url);
  const buy = (key: string) => shopper.buy(key, AbortSignal.timeout(60_000));
  await Promise.all(Array.from({ length: 20 }, (_, i) => buy(`beside-${i}`)));
  // Orders go on coming while the stores are compared.
  const shopping = Promise.all(Array.from({ length: 40 }, (_, i) => buy(`meanwhile-${i}`)));
  const beside = await reconcile(dataDir);
  expect(beside).toMatchObject({ code: 0, report: { unexplained: 0, discrepancies: [] } });
  expect(beside.report.compared.orders).toBeGreaterThanOrEqual(20);
  await shopping;
  await service.end("SIGKILL");
  const after = await reconcile(dataDir);
  expect(after).toMatchObject({ code: 0, report: { unexplained: 0, compared: { orders: 60 } } });
});

test("reconcile names what somebody changed by hand, says what to do, and exits with 1", async () => {
  const dataDir = temporaryFolder();
  const service = await startServiceProcess({ DATA_DIR: dataDir });
  const bought = await createShopper(() => service.url).buy("changed", AbortSignal.timeout(60_000));
  const orderId = bought?.orderId ?? "";
  await expect
    .poll(async () => ((await (await fetch(`${service.url}/orders/${orderId}`)).json()) as { status: string }).status, {
      timeout: 30_000,
    })
    .toBe("emailed");
  expect((await service.end("SIGTERM")).code).toBe(0);
  const database = new DatabaseSync(join(dataDir, "orderloom.db"));
  database.exec("DELETE FROM log_records WHERE topic = 'order-events' AND value LIKE '%orderloom.OrderPaid%'");
  database.exec("DELETE FROM mails");
  database.close();

  const { code, stderr, report } = await reconcile(dataDir);
  expect(code).toBe(1);
  expect(stderr).toContain("[reconciliation_differs]");
  expect(report.discrepancies.map(({ kind }) => kind).toSorted()).toEqual(["event_not_published", "mail_missing"]);
  const printed = await runOrderloom(["reconcile", "--quiet"], { DATA_DIR: dataDir });
  expect(printed.stdout).toContain(`order ${orderId}`);
  expect(printed.stdout).toContain("orderloom rebuild publisher");
  expect(printed.stdout).toMatch(/\n2 unexplained\n$/);
});

test("reconcile says what to do where it cannot read", async () => {
  const nothing = await runOrderloom(["reconcile"], { DATA_DIR: temporaryFolder() });
  expect(nothing.code).toBe(1);
  expect(nothing.stderr).toContain("set DATA_DIR to the folder of the service. [invalid_configuration]");
  const dataDir = temporaryFolder();
  await (await startServiceProcess({ DATA_DIR: dataDir })).end("SIGTERM");
  const other = await runOrderloom(["reconcile"], { DATA_DIR: dataDir, SHARDS: "4" });
  expect(other.stderr).toContain("[shards_changed]");
  const database = new DatabaseSync(join(dataDir, "orderloom.db"));
  database.exec("PRAGMA user_version = 1");
  database.close();
  const older = await runOrderloom(["reconcile"], { DATA_DIR: dataDir });
  expect(older).toMatchObject({ code: 1, stdout: "" });
  expect(older.stderr).toContain("start the service once, which brings it up to date. [store_unavailable]");
});

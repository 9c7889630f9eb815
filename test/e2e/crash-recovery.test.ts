/**
 * Kills the service with SIGKILL at random moments under load, again and again, and starts it on the same data:
 * nothing that was acknowledged is lost, nothing takes effect twice, every order gets its mail, and a mail comes
 * twice only where the ledger says that an attempt's outcome is unknown. `npm run crash` sets the number of rounds.
 */
import { expect, test } from "vitest";
import { auditDataFolder } from "../support/audit.ts";
import { startMailSink } from "../support/mail-sink.ts";
import { freePort, startServiceProcess, temporaryFolder } from "../support/service-process.ts";
import { createShopper } from "../support/shopper.ts";

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 20);
/** Each round waits for progress and for a start, on a busy machine as well. */
const TIMEOUT_MS = 300_000 + ROUNDS * 30_000;
const SHOPPERS = 32;
const MAIL_CONNECTIONS = 16;

test(
  `${ROUNDS} kills under load lose nothing that was acknowledged and do nothing twice`,
  async () => {
    const dataDir = temporaryFolder();
    const sink = await startMailSink();
    const port = await freePort();
    const environment = {
      DATA_DIR: dataDir,
      PORT: String(port),
      SMTP_URL: sink.url,
      MAIL_CONNECTIONS: String(MAIL_CONNECTIONS),
    };
    const shopper = createShopper(() => `http://127.0.0.1:${port}`);
    const acknowledged: string[] = [];
    const closing = new AbortController();
    let nextKey = 0;
    const shop = async (): Promise<void> => {
      while (!closing.signal.aborted) {
        nextKey += 1;
        // The last purchases may go on after the closing: they are not given up, or their outcome would not be known.
        const purchase = await shopper.buy(`crash-${nextKey}`, AbortSignal.timeout(120_000));
        if (purchase === null) throw new Error("a purchase was not acknowledged within two minutes");
        acknowledged.push(purchase.orderId);
      }
    };

    let service = await startServiceProcess(environment);
    const shoppers = Array.from({ length: SHOPPERS }, shop);
    let ordersBefore = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      // Each kill waits for a random amount of progress, so that it comes at any moment of the pipeline's work.
      const target = ordersBefore + 1 + Math.floor(Math.random() * 400);
      await expect.poll(() => acknowledged.length, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(target);
      expect((await service.end("SIGKILL")).signal).toBe("SIGKILL");
      ordersBefore = acknowledged.length;
      service = await startServiceProcess(environment);
    }
    closing.abort();
    await Promise.all(shoppers);
    for (const orderId of acknowledged.slice(-SHOPPERS)) {
      await expect
        .poll(
          async () => ((await (await fetch(`${service.url}/orders/${orderId}`)).json()) as { status: string }).status,
          { timeout: 60_000 },
        )
        .toBe("emailed");
    }
    await expect.poll(() => sink.deliveries.size, { timeout: 60_000 }).toBe(acknowledged.length);
    // Reports of mails that were sent long ago are made again at the start; then every order is done.
    await expect.poll(() => unfinishedOrders(service.url), { timeout: 60_000 }).toBe(0);
    expect((await service.end("SIGTERM")).code).toBe(0);

    const audit = await auditDataFolder(dataDir, acknowledged, sink.deliveries);
    const repeated = [...sink.deliveries.values()].filter((count) => count > 1).length;
    console.info(
      `${ROUNDS} kills, ${acknowledged.length} orders acknowledged, ${audit.unknownMails.size} mails unknown in the ledger, ${repeated} delivered twice`,
    );
    expect(audit.findings).toEqual([]);
    expect(audit.orders.size).toBe(acknowledged.length);
    expect(audit.unknownMails.size).toBeLessThanOrEqual(ROUNDS * 2 * MAIL_CONNECTIONS);
    await sink.stop();
  },
  TIMEOUT_MS,
);

async function unfinishedOrders(url: string): Promise<number> {
  const open = await Promise.all(
    ["received", "confirmed"].map(async (status) => {
      const { orders } = (await (await fetch(`${url}/orders?status=${status}`)).json()) as { orders: unknown[] };
      return orders.length;
    }),
  );
  return open.reduce((sum, count) => sum + count, 0);
}

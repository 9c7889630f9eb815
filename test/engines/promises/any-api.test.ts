/** Every process of the API shows every order, wherever its shard lives and whoever took it. */
import { expect, test } from "vitest";
import { startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import type { Member } from "../../support/engines/member.ts";
import { createShopper } from "../../support/shopper.ts";

const ORDERS = 16;

describeWithEngines(
  "an order that another process took",
  (engines) => {
    test("is there at once, is waited for, streamed and listed", async () => {
      const cluster = await startCluster(engines, { apis: 2 });
      const [here, there] = cluster.apis as readonly [Member, Member];
      const shopper = createShopper(() => here.url);
      const read = async (path: string): Promise<unknown> => (await fetch(`${there.url}${path}`)).json();
      // More orders than shards, so that orders of both workers are among them.
      await Promise.all(
        Array.from({ length: ORDERS }, async (_, i) => {
          const { orderId } = (await shopper.buy(`here-${i}`, AbortSignal.timeout(30_000))) ?? {};
          expect(await read(`/orders/${orderId}`)).toMatchObject({ orderId });
          const stream = fetch(`${there.url}/orders/${orderId}/stream`, { signal: AbortSignal.timeout(60_000) });
          expect(await read(`/orders/${orderId}?until=emailed&wait=30`)).toMatchObject({ orderId, status: "emailed" });
          const { events } = (await read(`/orders/${orderId}/events`)) as { events: unknown[] };
          expect(events).toHaveLength(6);
          expect(await untilSeen(await stream, "ConfirmationEmailed")).toBe(true);
        }),
      );
      const listed = async () => ((await read("/orders?status=emailed&limit=100")) as { orders: unknown[] }).orders;
      await expect.poll(async () => (await listed()).length, { timeout: 20_000 }).toBe(ORDERS);
      // The same key at the other door is the same order.
      const again = await createShopper(() => there.url).buy("here-0", AbortSignal.timeout(30_000));
      const first = await shopper.buy("here-0", AbortSignal.timeout(30_000));
      expect(again?.orderId).toBe(first?.orderId);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

/** Reads a live stream until it has a text. */
async function untilSeen(response: Response, text: string): Promise<boolean> {
  const decoder = new TextDecoder();
  let seen = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    seen += decoder.decode(chunk, { stream: true });
    if (seen.includes(text)) return true;
  }
  return false;
}

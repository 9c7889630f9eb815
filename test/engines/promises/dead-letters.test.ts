/**
 * Dead letters on real engines: a payment that nobody can read is found on the stores that all share, mended and sent
 * again, and a worker confirms its order; the view that many processes share is the one that the topic gives.
 */
import { expect, test } from "vitest";
import { createDeadLetterDesk } from "../../../src/actors/dead-letter-desk.ts";
import { CONTENTS_VIEW, LETTERS_VIEW } from "../../../src/actors/dead-letter-documents.ts";
import type { LetterResult } from "../../../src/actors/dead-letter-requests.ts";
import { rebuildDeadLetters } from "../../../src/actors/rebuild-dead-letters.ts";
import { loadCatalogue } from "../../../src/infra/catalogue-file.ts";
import { systemClock, systemRandom } from "../../../src/infra/system-clock.ts";
import { decodeMessage, encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { type Cluster, startCluster } from "../../support/engines/cluster.ts";
import { describeWithEngines } from "../../support/engines/engines.ts";
import { createRecordedMetrics } from "../../support/memory/recorded-metrics.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";

const WAIT = { timeout: 60_000, interval: 200 };
const BYTES = Uint8Array.of(0xff, 0xfe, 0x80, 1, 2);

describeWithEngines(
  "a dead letter",
  (engines) => {
    test("is found, mended and sent again, its order is confirmed, and a rebuild knows it all", async () => {
      const cluster = await startCluster(engines);
      const desk = deskOn(cluster);
      const { orderId, total } = await placeOrder(cluster.api.url);
      const paidAt = new Date().toISOString();
      const payment = encodeMessage({ type: "ReceivePayment", orderId, paymentId: "pos-1", amount: total, paidAt });
      await cluster.stores.log.produce([
        { ...payment, value: payment.value.slice(1) },
        { topic: "orders", key: "somebody", value: BYTES, headers: { $gt: "a.b" } },
      ]);
      await expect.poll(async () => (await desk.groups())[0]?.open, WAIT).toBe(2);
      const { letters } = await desk.list({ limit: 10, state: "open" });
      const letter = letters.find(({ key }) => key === orderId);
      const bytes = letters.find(({ key }) => key === "somebody");
      expect([letter?.code, bytes?.code]).toEqual(["unreadable_message", "unreadable_message"]);
      expect(await desk.get(bytes?.id as string)).toMatchObject({
        encoding: "base64",
        payload: Buffer.from(BYTES).toString("base64"),
        headers: [{ name: "$gt", value: "a.b" }],
      });

      const redrive = async (dryRun: boolean): Promise<LetterResult | undefined> => {
        const selection = { ids: [letter?.id as string] };
        const edit = { payload: payment.value };
        return (await (dryRun ? desk.foresee : desk.redrive)(TEST_OPERATOR, { selection, edit, reason: "mended" }))
          .items[0];
      };
      expect((await redrive(true))?.outcome).toMatchObject({ type: "wouldApply", statusAfter: "confirmed" });
      expect((await redrive(false))?.outcome).toEqual({ type: "redriven" });
      const confirmed = await fetch(`${cluster.api.url}/orders/${orderId}?until=emailed&wait=30`);
      expect(await confirmed.json()).toMatchObject({ orderId, status: "emailed" });
      await expect.poll(async () => (await desk.groups())[0], WAIT).toMatchObject({ open: 1, redriven: 1 });
      const asItWas = { selection: { ids: [bytes?.id as string] }, reason: "again" };
      await desk.redrive(TEST_OPERATOR, asItWas);
      await expect.poll(async () => (await desk.groups())[0], WAIT).toMatchObject({ open: 1, redriven: 2 });
      const [again] = (await desk.list({ limit: 1, state: "open" })).letters;
      expect(again?.predecessor).toBe(bytes?.id);

      for (const member of [...cluster.workers, ...cluster.apis]) expect((await member.stop()).code).toBe(0);
      const before = await documents(cluster, 1);
      expect(before.size).toBe(6);
      await rebuildDeadLetters({
        ...cluster.stores,
        clock: systemClock,
        random: systemRandom,
        metrics: createRecordedMetrics(),
        shards: cluster.shards,
        onProgress: () => {},
      });
      expect(await documents(cluster, 2)).toEqual(before);
    });
  },
  { engines: ["brokers", "mongoUrl"] },
);

function deskOn({ stores, shards }: Cluster) {
  return createDeadLetterDesk({
    ...stores,
    actLog: { append: async () => {} },
    codec: { decode: decodeMessage, encode: encodeMessage },
    clock: systemClock,
    random: systemRandom,
    terms: { catalogue: loadCatalogue("catalogue.json"), paymentWindowMs: 600_000 },
    shards,
  });
}

async function placeOrder(url: string) {
  const customer = { name: "Ada", email: "ada@shop.example" };
  const response = await fetch(`${url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ customer, items: [{ sku: "margherita", quantity: 1 }] }),
  });
  return (await response.json()) as { orderId: string; total: { amountMinor: number; currency: string } };
}

/** Every letter and its contents in a version of the view. */
async function documents({ stores: { viewStore } }: Cluster, version: number): Promise<ReadonlyMap<string, unknown>> {
  const letters = await viewStore.list(
    { view: LETTERS_VIEW.name, version },
    { where: {}, sortBy: "parkedAtMs", direction: "ascending", limit: 100 },
  );
  const ids = letters.map(({ id }) => id);
  const contents = await viewStore.getMany({ view: CONTENTS_VIEW.name, version }, ids);
  return new Map<string, unknown>([
    ...letters.map(({ id, document }) => [id, document] as const),
    ...[...contents].map(([id, document]) => [`contents of ${id}`, document] as const),
  ]);
}

/**
 * Traffic for tests of faults: the demo's made-up orders, sent at a steady rate until they are enough, and the demo's
 * own scoreboard afterwards. A request is repeated under its ids until the service takes it, as a client would.
 */
import { createApiClient } from "../../src/demo/api-client.ts";
import { expectationOf } from "../../src/demo/expectation.ts";
import { generate, type SentOrder } from "../../src/demo/generate.ts";
import { type Mix, parseMix } from "../../src/demo/mix.ts";
import { planOrders } from "../../src/demo/plan.ts";
import { createScoreboard, type Scoreboard } from "../../src/demo/scoreboard.ts";

/** More than any test sends: a load ends when it is stopped. */
const ENDLESS = 1_000_000;
const CONNECTIONS = 32;
/** A mail whose worker was killed waits until nobody can be sending it any more. */
const QUIET_MS = 200_000;
/** Everything that can go wrong with an order, in every run. */
const MIX = parseMix("normal=70,mismatch=6,duplicate=8,payment-first=8,unpaid-cancel=4,double-payment=4");

export interface LoadOptions {
  /** Where the API is. */
  readonly url: string;
  /** Orders per second. */
  readonly rate: number;
  readonly mix?: Mix;
  /** How long one request is repeated at most: longer than the fault. */
  readonly patienceMs?: number;
  /** How long the scoreboard waits while no order becomes final. */
  readonly quietMs?: number;
}

export interface Load {
  /** The orders that were sent and answered so far. */
  readonly sent: readonly SentOrder[];
  /** Begins no more orders; resolves once those under way are answered. Idempotent. */
  stop(): Promise<void>;
  /** How many requests were sent again so far. */
  retries(): number;
  /** The ids of the orders that were acknowledged and paid, and must have been mailed. */
  mailed(): readonly string[];
  /** Waits until every order is done, and compares all of them with what they had to become. */
  scoreboard(): Promise<Scoreboard>;
  close(): Promise<void>;
}

export async function startLoad(options: LoadOptions): Promise<Load> {
  const { url, rate, mix = MIX, patienceMs = 150_000, quietMs = QUIET_MS } = options;
  const client = createApiClient({ url, connections: CONNECTIONS, deadlineMs: patienceMs });
  const catalogue = await client.catalogue();
  const run = Math.random().toString(36).slice(2, 10);
  const sent: SentOrder[] = [];
  const closing = new AbortController();
  const sending = generate({
    client,
    plan: planOrders({ limit: ENDLESS, seed: 1, run, mix, catalogue }),
    pace: { rate, everyMs: 0 },
    concurrency: CONNECTIONS,
    signal: closing.signal,
    onSent: (order) => sent.push(order),
  });
  // A load that fails is noticed where the test waits for it.
  sending.catch(() => {});

  return {
    sent,
    async stop() {
      closing.abort();
      await sending;
    },
    retries: () => client.retries(),
    mailed: () =>
      sent.flatMap(({ order, failure }) =>
        failure === null && order.kind !== "double-payment" && expectationOf(order).mails === 1 ? [order.orderId] : [],
      ),
    scoreboard: () => createScoreboard({ client, sent, concurrency: CONNECTIONS, quietMs, onProgress: () => {} }),
    close: () => client.close(),
  };
}

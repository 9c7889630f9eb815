/** The HTTP application on the fake shop and a clock that stands still, for injected requests and real sockets. */
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { DeadLetterDesk } from "../../src/actors/dead-letter-desk.ts";
import type { InboxReader } from "../../src/actors/inbox-reader.ts";
import { createMailDesk, type MailDesk } from "../../src/actors/mail-desk.ts";
import type { MessageLog } from "../../src/actors/ports.ts";
import { createWhyReader } from "../../src/actors/why.ts";
import { createApp, type HttpDeps } from "../../src/http/app.ts";
import { createFakeShop, type FakeShop } from "./fake-front-door.ts";
import { createManualClock, type ManualClock } from "./memory/manual-clock.ts";
import { createMemoryMailLedger, type MemoryMailLedger } from "./memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "./memory/memory-message-log.ts";
import { plainCodec } from "./memory/plain-codec.ts";
import { createSeededRandom } from "./memory/seeded-random.ts";
import { createTestOperators, type TestOperators } from "./operators.ts";
import { createTestDesk } from "./test-desk.ts";

export interface ObservedRequest {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

export interface HttpHarness {
  readonly app: FastifyInstance;
  readonly shop: FakeShop;
  /** Gives out keys for requests below /admin. */
  readonly staff: TestOperators;
  readonly mailDesk: MailDesk;
  /** The ledger of mails behind the desk, and the log that it tells orders on. */
  readonly mails: MemoryMailLedger;
  readonly log: MessageLog;
  readonly clock: ManualClock;
  readonly observed: readonly ObservedRequest[];
  /** Lines that the service logged at warn or above, as JSON. */
  readonly logged: readonly string[];
}

type HttpOverrides = Partial<Omit<HttpDeps, "admin">> & {
  readonly admin?: Partial<HttpDeps["admin"]>;
  readonly deadLetters?: DeadLetterDesk;
};

/** Starts the application. It is closed when the test ends, or when whoever passes `onEnd` calls what that is given. */
export async function startHttp(
  { deadLetters, ...overrides }: HttpOverrides = {},
  onEnd: (stop: () => Promise<void>) => void = (stop) => onTestFinished(stop),
): Promise<HttpHarness> {
  const clock = createManualClock();
  const shop = createFakeShop(clock);
  const staff = createTestOperators(clock);
  const mails = createMemoryMailLedger();
  const log = createMemoryMessageLog({ clock, shards: 1 });
  const random = createSeededRandom(2);
  const mailDesk = createMailDesk({ ledger: mails, log, actLog: staff.actLog, codec: plainCodec, clock, random });
  const observed: ObservedRequest[] = [];
  const logged: string[] = [];
  const app = await createApp({
    frontDoor: shop.frontDoor,
    orderReader: shop.orderReader,
    demoPayments: true,
    paymentWebhook: { paymentWebhooks: shop.paymentWebhooks, secrets: [WEBHOOK_SECRET] },
    whyReader: createWhyReader({
      orderReader: shop.orderReader,
      log: { inboxLag: async () => [] },
      watermarkOf: async () => null,
      usualTimes: { of: async () => null },
      parkedMessages: { of: async () => [] },
      paymentPlaces: { elsewhere: async () => new Map() },
      clock,
      shards: 1,
      watermarkMs: 60_000,
    }),
    clock,
    logger: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
    metrics: {
      observeRequest: (route, method, status) => void observed.push({ route, method, status }),
      inFlight: () => {},
      observeProblem: () => {},
      observeLogin: () => {},
    },
    metricsText: async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", body: "orders_total 1\n" }),
    health: { ready: async () => [{ name: "log", ok: true }] },
    cursorKey: new Uint8Array(32).fill(7),
    webRoot: null,
    ...overrides,
    admin: {
      ...staff,
      ...(deadLetters === undefined ? {} : { deadLetters }),
      mailDesk,
      paymentDesk: await createTestDesk({ ...shop, ...staff, clock }),
      ...overrides.admin,
    },
  });
  onEnd(() => app.close());
  return { app, shop, staff, mailDesk, mails, log, clock, observed, logged };
}

export const VALID_ORDER = {
  customer: { name: "Ada Lovelace", email: "ada@example.com" },
  items: [{ sku: "margherita", quantity: 2 }],
};

/** What the harness's payment provider signs with. */
export const WEBHOOK_SECRET = new Uint8Array(32).fill(11);

/** A dev inbox without mails. */
export const EMPTY_INBOX: InboxReader = {
  list: async () => ({ messages: [], next: null }),
  get: async () => null,
  count: async () => 0,
};

export const UNKNOWN_ORDER_ID = "0d3cbf5e-7d5c-5a43-9c47-3f1e8a2b6c10";

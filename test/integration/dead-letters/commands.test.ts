/** `orderloom dead-letters` as the command line runs it, on a data folder and against a running service. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, type Mock, onTestFinished, test, vi } from "vitest";
import { deadLetterOf } from "../../../src/actors/dead-letter.ts";
import type { NewRecord } from "../../../src/actors/ports.ts";
import {
  dropDeadLetters,
  listDeadLetters,
  redriveDeadLetters,
  showDeadLetter,
} from "../../../src/commands/dead-letters.ts";
import { rebuild } from "../../../src/commands/rebuild.ts";
import { openEmbeddedStores } from "../../../src/embedded-stores.ts";
import { encodeMessage } from "../../../src/schemas/inbox-messages.ts";
import { createDeadLetterWorld, poison } from "../../support/dead-letter-world.ts";
import { UNKNOWN_ORDER_ID as ORDER_ID, startHttp } from "../../support/http-harness.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";
import { receivePayment } from "../../support/order-messages.ts";

const WHERE = { json: false };
const SELECTED = { ...WHERE, all: false, quiet: true };
const REDRIVE = { ...SELECTED, dryRun: false, rate: 50 };
const PAYMENT = encodeMessage(receivePayment({ orderId: ORDER_ID }));

let write: Mock<typeof process.stdout.write>;

beforeEach(() => {
  process.exitCode = 0;
  write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  return () => {
    write.mockRestore();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  };
});

/** What was printed since the last time. */
function printed(): string {
  const text = write.mock.calls.map(([part]) => String(part)).join("");
  write.mockClear();
  return text;
}

/** A data folder of a stopped service with these letters; offsets count from 0. */
async function dataFolder(...records: readonly NewRecord[]): Promise<() => Promise<readonly NewRecord[]>> {
  const dataDir = mkdtempSync(join(tmpdir(), "orderloom-test-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  vi.stubEnv("DATA_DIR", dataDir);
  vi.stubEnv("SHARDS", "2");
  vi.stubEnv("REDPANDA_BROKERS", undefined);
  vi.stubEnv("MONGODB_URL", undefined);
  const on = { crash: fail, retriedError: fail };
  const withLog = async <Result>(
    use: (log: Awaited<ReturnType<typeof openEmbeddedStores>>["log"]) => Promise<Result>,
  ) => {
    const stores = await openEmbeddedStores({ DATA_DIR: dataDir, SHARDS: 2 }, on);
    try {
      return await use(stores.log);
    } finally {
      await stores.stop();
    }
  };
  await withLog((log) =>
    log.produce(
      records.map((record, offset) =>
        deadLetterOf({ ...record, shard: 0, offset, timestampMs: 1_767_614_400_000 }, "unreadable_message", "no JSON"),
      ),
    ),
  );
  return () =>
    withLog(async (log) => (await Promise.all([0, 1].map((shard) => log.read("payments", shard, 0, 100)))).flat());
}

function fail(error: unknown): never {
  throw error;
}

describe("on the data folder of a stopped service", () => {
  test("lists and shows letters, for people and for programs", async () => {
    await dataFolder({ ...PAYMENT, value: "{" }, { ...PAYMENT, value: "[" });
    await listDeadLetters({ ...WHERE, state: "open", limit: 50 });
    const text = printed();
    expect(text).toMatch(/unreadable_message\s+2\s+0\s+0/);
    expect(text).toContain("payments-0-1");
    await listDeadLetters({ json: true, state: "open", limit: 1 });
    const document = JSON.parse(printed());
    expect(document).toMatchObject({ groups: [{ open: 2 }], letters: [{ code: "unreadable_message" }] });
    expect(document.next).not.toBeNull();
    await showDeadLetter("payments/0/0", WHERE);
    expect(printed()).toMatch(/^id\s+payments-0-0\n.*payload \(1 bytes, text\)\n\{\n$/s);
    await showDeadLetter("payments-0-0", { json: true });
    expect(JSON.parse(printed())).toMatchObject({ payload: "{", history: [] });
    expect(process.exitCode).toBe(0);
  });

  test("says first what would follow, then sends the edited payload to the inbox", async () => {
    const inbox = await dataFolder({ ...PAYMENT, value: "{" });
    const file = join(process.env["DATA_DIR"] as string, "mended.json");
    writeFileSync(file, PAYMENT.value);
    await redriveDeadLetters(["payments-0-0"], { ...REDRIVE, dryRun: true, payload: file });
    expect(printed()).toMatch(/wouldApply\s+new -> awaitingOrder: PaymentReceived\n1 letter, 0 failed/);
    expect(await inbox()).toEqual([]);
    await redriveDeadLetters(["payments-0-0"], { ...REDRIVE, payload: file, reason: "mended" });
    expect(printed()).toMatch(/payments-0-0\s+redriven\n1 letter, 0 failed/);
    expect(await inbox()).toMatchObject([{ value: PAYMENT.value, headers: { "redrive-letter": "payments-0-0" } }]);
    await showDeadLetter("payments-0-0", { json: true });
    expect(JSON.parse(printed())).toMatchObject({
      state: "redriven",
      history: [{ reason: "mended", editedPayload: PAYMENT.value, operator: { keyId: "command-line" } }],
    });
    expect(process.exitCode).toBe(0);
  });

  test("ends with 1 when a letter would become one again, or does not exist", async () => {
    await dataFolder({ ...PAYMENT, value: "{" });
    await redriveDeadLetters([], { ...REDRIVE, dryRun: true, code: "unreadable_message" });
    expect(printed()).toMatch(/wouldBeRefused\s+unreadable_message: the value is not JSON\n1 letter, 1 failed/);
    expect(process.exitCode).toBe(1);
    process.exitCode = 0;
    await redriveDeadLetters(["payments-0-7"], { ...REDRIVE, reason: "mended", json: true });
    expect(JSON.parse(printed())).toEqual({ items: [{ id: "payments-0-7", outcome: { type: "notFound" } }] });
    expect(process.exitCode).toBe(1);
  });

  test("drops letters with a reason, and a rebuild from the topic knows it", async () => {
    await dataFolder({ ...PAYMENT, value: "{" }, { ...PAYMENT, value: "[" });
    await dropDeadLetters(["payments-0-1"], { ...SELECTED, reason: "a test" });
    await listDeadLetters({ json: true, state: "any", limit: 50 });
    printed();
    await listDeadLetters({ json: true, state: "any", limit: 50 });
    const before = printed();
    expect(JSON.parse(before)).toMatchObject({ groups: [{ open: 1, redriven: 0, dropped: 1 }] });
    await rebuild("dead-letters", { quiet: true });
    expect(printed()).toContain("is now version 2");
    await listDeadLetters({ json: true, state: "any", limit: 50 });
    expect(printed()).toBe(before);
  });

  test.each([
    ["nothing says which letters", [], {}],
    ["two things say which letters", ["payments-0-0"], { all: true }],
    ["there is no reason", ["payments-0-0"], {}],
    ["an id is none", ["payments"], { reason: "mended" }],
    ["several letters would get one payload", ["payments-0-0", "payments-0-1"], { payload: "-", reason: "mended" }],
  ])("refuses to begin when %s", async (_what, ids, more) => {
    await expect(async () => redriveDeadLetters(ids, { ...REDRIVE, ...more })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});

describe("against a running service", () => {
  async function start() {
    const world = await createDeadLetterWorld();
    const { app, staff } = await startHttp({ deadLetters: world.desk });
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { key } = await staff.operators.createKey(TEST_OPERATOR, { name: "Grace", role: "support" });
    vi.stubEnv("ORDERLOOM_KEY", key);
    await world.arrive(poison("order-1", JSON.stringify(receivePayment()).slice(1)));
    await world.clock.advance(1);
    const { port } = app.server.address() as { port: number };
    const [letter] = (await world.desk.list({ limit: 1 })).letters;
    return { world, id: letter?.id as string, url: `http://127.0.0.1:${port}` };
  }

  test("does what it does on a data folder, in the name of the key's operator", async () => {
    const { world, id, url } = await start();
    await listDeadLetters({ ...WHERE, url, state: "open", limit: 50 });
    expect(printed()).toContain(id);
    const file = join(mkdtempSync(join(tmpdir(), "orderloom-test-")), "mended.json");
    onTestFinished(() => rmSync(join(file, ".."), { recursive: true }));
    writeFileSync(file, JSON.stringify(receivePayment()));
    await redriveDeadLetters([id], { ...REDRIVE, url, payload: file, reason: "mended" });
    expect(printed()).toContain("redriven");
    await world.arrive();
    await showDeadLetter(id, { url, json: true });
    expect(JSON.parse(printed())).toMatchObject({ state: "redriven", history: [{ operator: { name: "Grace" } }] });
    await dropDeadLetters([id], { ...SELECTED, url, reason: "too late" });
    expect(printed()).toMatch(/alreadyResolved\s+redriven/);
  });

  test("says what is wrong with the key, the address or the service", async () => {
    const { url, id } = await start();
    vi.stubEnv("ORDERLOOM_KEY", "olk_wrong");
    await expect(showDeadLetter(id, { ...WHERE, url })).rejects.toMatchObject({ code: "operator_unknown" });
    vi.stubEnv("ORDERLOOM_KEY", undefined);
    await expect(showDeadLetter(id, { ...WHERE, url })).rejects.toThrow("ORDERLOOM_KEY");
    vi.stubEnv("ORDERLOOM_KEY", "olk_any");
    await expect(showDeadLetter(id, { ...WHERE, url: "nowhere" })).rejects.toThrow("--url");
    await expect(showDeadLetter(id, { ...WHERE, url: "http://127.0.0.1:1" })).rejects.toMatchObject({
      code: "service_unreachable",
    });
  });
});

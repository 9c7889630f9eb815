/** What the audit says of acts that took no effect: whoever reads it must not believe that they did. */
import { describe, expect, test } from "vitest";
import { createAudit } from "../../../src/actors/audit.ts";
import { OperationalError } from "../../../src/actors/errors.ts";
import { createMailDesk } from "../../../src/actors/mail-desk.ts";
import { messageIdOf } from "../../../src/actors/mail-queue.ts";
import type { ActLog } from "../../../src/actors/operators.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";
import { ORDER_RECEIVED } from "../../support/order-events.ts";

const KEY = { by: TEST_OPERATOR, act: "key.created", noun: "key.creation", target: "key-1", details: { name: "Ann" } };

function createAuditWorld() {
  const actLog = withFaults(createMemoryActLog());
  const audit = createAudit({ actLog: actLog.port, clock: createManualClock(), random: createSeededRandom() });
  return { actLog, audit, acts: () => actLog.port.list({ limit: 10 }) };
}

describe("an act", () => {
  test("that took effect stands alone", async () => {
    const { audit, acts } = createAuditWorld();
    expect(await audit.perform(KEY, async ({ actId }) => actId)).toBe((await acts())[0]?.actId);
    expect(await acts()).toMatchObject([
      { act: "key.created", operator: TEST_OPERATOR, reason: null, target: "key-1" },
    ]);
  });

  test("that was refused has one behind it that says why, and names it", async () => {
    const { audit, acts } = createAuditWorld();
    await audit.perform(
      { ...KEY, reason: "she is new" },
      async () => 3,
      (result) => `there are ${result} already`,
    );
    const [refused, created] = await acts();
    expect(created).toMatchObject({ act: "key.created", details: { name: "Ann" } });
    expect(refused).toMatchObject({
      act: "key.creationRefused",
      operator: TEST_OPERATOR,
      target: "key-1",
      reason: "she is new",
      details: { name: "Ann", actId: created?.actId, refused: "there are 3 already" },
    });
  });

  test.each([
    ["that failed", "store_unavailable", "key.creationFailed"],
    ["whose outcome is not known", "outcome_unknown", "key.creationUnconfirmed"],
  ] as const)("%s has one behind it that says so, and its error goes on", async (_, code, act) => {
    const { audit, acts } = createAuditWorld();
    const failing = async () => {
      throw new OperationalError(code, "no answer came", { retryable: true });
    };
    await expect(audit.perform(KEY, failing)).rejects.toMatchObject({ code });
    const [failed, created] = await acts();
    expect(failed).toMatchObject({ act, details: { actId: created?.actId, code, detail: "no answer came" } });
    expect(created?.act).toBe("key.created");
  });

  test("that failed goes on with its own error where the audit fails, too", async () => {
    const { audit, acts, actLog } = createAuditWorld();
    const failing = async () => {
      actLog.fail("append", "before");
      throw new OperationalError("log_unavailable", "no answer came", { retryable: true });
    };
    await expect(audit.perform(KEY, failing)).rejects.toMatchObject({ code: "log_unavailable" });
    expect(await acts()).toHaveLength(1);
  });

  test("takes no effect where the audit does not take it", async () => {
    const { audit, actLog } = createAuditWorld();
    actLog.fail("append", "before");
    const effects: string[] = [];
    await expect(audit.perform(KEY, async () => effects.push("done"))).rejects.toMatchObject({ retryable: true });
    expect(effects).toEqual([]);
  });
});

describe("a decision about a mail", () => {
  const orderId = "order-1";
  const messageId = messageIdOf(orderId, "confirmation");

  /** A mail that waits for a person, and a desk whose acts somebody else is faster than. */
  async function createMailRace() {
    const clock = createManualClock();
    const memory = createMemoryMailLedger();
    const { customer, lines, total } = ORDER_RECEIVED.data;
    const mail = { kind: "confirmation", messageId, orderId, customer, lines, total } as const;
    const nowMs = clock.nowMs();
    memory.enqueue({ shard: 0, queuedAtMs: nowMs, mail }, { owner: "a", nowMs, leaseUntilMs: nowMs });
    await memory.abandon({ nowMs: nowMs + 1, retryAtMs: null });
    const acts = createMemoryActLog();
    let faster = async (): Promise<unknown> => null;
    const actLog: ActLog = {
      ...acts,
      async append(act) {
        await acts.append(act);
        const before = faster;
        faster = async () => null;
        await before();
      },
    };
    const failing = withFaults(memory);
    const desk = createMailDesk({
      ledger: failing.port,
      log: createMemoryMessageLog({ clock, shards: 1 }),
      actLog,
      codec: plainCodec,
      clock,
      random: createSeededRandom(),
    });
    return {
      acts: () => acts.list({ limit: 9 }),
      ledger: failing,
      send: () => desk.decide({ messageId, decision: "send", reason: "she called", operator: TEST_OPERATOR }),
      /** Somebody else has the mail being sent in the meantime. */
      loseTheRace() {
        faster = async () => {
          await memory.decide(messageId, {
            decision: "send",
            operator: { keyId: "another", name: "Bob" },
            reason: "me, too",
            atMs: nowMs,
          });
          await memory.claim({ owner: "b", nowMs: nowMs + 1, leaseUntilMs: nowMs + 9, shards: [0], limit: 1 });
        };
      },
    };
  }

  test("that the ledger refuses in the end has an act that says so", async () => {
    const { send, acts, loseTheRace } = await createMailRace();
    loseTheRace();
    expect(await send()).toBe("undecidable");
    const [refused, sent] = await acts();
    expect([sent?.act, refused?.act]).toEqual(["mail.sent", "mail.decisionRefused"]);
    expect(refused).toMatchObject({
      target: orderId,
      reason: "she called",
      details: { messageId, actId: sent?.actId },
    });
  });

  test("that cannot be stored has an act that says so", async () => {
    const { send, acts, ledger } = await createMailRace();
    ledger.fail("decide", "before");
    await expect(send()).rejects.toMatchObject({ code: "store_unavailable" });
    expect((await acts()).map(({ act }) => act)).toEqual(["mail.decisionFailed", "mail.sent"]);
  });

  test("that takes effect has one act", async () => {
    const { send, acts } = await createMailRace();
    expect(await send()).toMatchObject({ messageId, decisions: [{ decision: "send", reason: "she called" }] });
    expect((await acts()).map(({ act }) => act)).toEqual(["mail.sent"]);
  });
});

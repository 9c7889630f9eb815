/** What people decide about mails, over the ledger in memory. */
import { expect, test } from "vitest";
import { createMailDesk } from "../../../src/actors/mail-desk.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryMailLedger } from "../../support/memory/memory-mail-ledger.ts";
import { createMemoryMessageLog } from "../../support/memory/memory-message-log.ts";
import { plainCodec } from "../../support/memory/plain-codec.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";

test("a mail that is dropped and sent at once is told to its order as dropped once, and still sent", async () => {
  const clock = createManualClock();
  const ledger = createMemoryMailLedger();
  const log = createMemoryMessageLog({ clock, shards: 1 });
  const mail = confirmationMail(1);
  const { messageId } = mail;
  const claim = { owner: "a", nowMs: clock.nowMs(), leaseUntilMs: clock.nowMs() + 1_000 };
  ledger.enqueue({ shard: 0, queuedAtMs: clock.nowMs(), mail }, claim);
  await ledger.record([{ messageId, attempt: 1, outcome: { type: "unknown", response: "cut off", retryAtMs: null } }]);
  const desk = createMailDesk({
    ledger,
    log,
    actLog: createMemoryActLog(),
    codec: plainCodec,
    clock,
    random: createSeededRandom(),
  });

  const decide = (decision: "drop" | "send") =>
    desk.decide({ messageId, decision, reason: `please ${decision}`, operator: TEST_OPERATOR });
  await Promise.all([decide("drop"), decide("send")]);

  const told = await log.read("order-commands", 0, 0, 10);
  expect(told.map(({ value }) => JSON.parse(String(value)))).toMatchObject([{ outcome: "dropped", round: 1 }]);
  ledger.close(messageId, 1);
  expect(await ledger.get([messageId])).toMatchObject([{ closed: false, decisions: [{}, {}] }]);
  const due = { ...claim, shards: [0], limit: 10, nowMs: clock.nowMs() + 1, leaseUntilMs: clock.nowMs() + 1_000 };
  expect(await ledger.claim(due)).toMatchObject([{ attempt: 2, resend: { round: 2 } }]);
});

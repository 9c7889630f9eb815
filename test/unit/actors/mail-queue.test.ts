/** How new mails meet a sender that has room, or none: claimed as they are put in, a moment later, or from the ledger. */
import { expect, test } from "vitest";
import { createMailQueue } from "../../../src/actors/mail-queue.ts";
import type { Commit, Mailer } from "../../../src/actors/ports.ts";
import { createMailWorld } from "../../support/mail-world.ts";
import { settled } from "../../support/memory/manual-clock.ts";
import { createScriptedMailer, type MailAnswer } from "../../support/memory/scripted-mailer.ts";
import { CUSTOMER, mailIdOf, SUBMITTED_AT, TOTAL } from "../../support/order-messages.ts";

const ACCEPTED: MailAnswer = { type: "accepted", response: "250 OK" };
const CHECKPOINT = { reactor: "mail-queue", positions: new Map([[0, 1]]) };

test("mails for which there is room are claimed as they are put in, in one write", async () => {
  const { queue, writes, claims } = await start({ concurrency: 4 });
  expect(await queue(confirmations(4), CHECKPOINT)).toBe("applied");
  expect(writes).toEqual([{ claimed: 4, unclaimed: 0, withCheckpoint: true }]);
  expect(claims()).toBe(0);
});

test("more mails than there is room for go as it frees, and the checkpoint moves with the last of them", async () => {
  const { queue, writes, claims, answer, mailer } = await start({ concurrency: 4 });
  const queued = queue(confirmations(6), CHECKPOINT);
  await settled();
  expect(writes).toEqual([{ claimed: 4, unclaimed: 0, withCheckpoint: false }]);
  answer(1);
  await settled();
  expect(writes).toHaveLength(1);
  answer(1);
  expect(await queued).toBe("applied");
  expect(writes.slice(1)).toEqual([{ claimed: 2, unclaimed: 0, withCheckpoint: true }]);
  await settled();
  expect(mailer.sent).toHaveLength(6);
  expect(claims()).toBe(0);
});

test("mails for which there is no room within a moment wait in the ledger, and leave when there is some", async () => {
  const { queue, writes, answer, mailer, world } = await start({ concurrency: 2 });
  await queue(confirmations(2), undefined);
  const queued = queue(confirmations(3, 2), CHECKPOINT);
  await world.clock.advance(99);
  expect(writes).toHaveLength(1);
  await world.clock.advance(1);
  expect(await queued).toBe("applied");
  expect(writes.slice(1)).toEqual([{ claimed: 0, unclaimed: 3, withCheckpoint: true }]);
  for (let i = 0; i < 5; i++) {
    answer(1);
    await world.clock.advance(100);
  }
  expect(mailer.sent.map(({ messageId }) => messageId)).toEqual([0, 1, 2, 3, 4].map((i) => mailIdOf(`order-${i}`)));
});

test("mails of a sender that stops do not wait for room", async () => {
  const { queue, writes, sender, answer, world } = await start({ concurrency: 1 });
  await queue(confirmations(1), undefined);
  const queued = queue(confirmations(1, 1), CHECKPOINT);
  await settled();
  const stopped = sender.stop();
  expect(await queued).toBe("applied");
  expect(writes.at(-1)).toEqual({ claimed: 0, unclaimed: 1, withCheckpoint: true });
  answer(1);
  await world.clock.advance(1_000);
  await stopped;
});

/** Commits of orders that were confirmed, numbered from `first` on. */
function confirmations(count: number, first = 0): Commit[] {
  return Array.from({ length: count }, (_, i) => ({
    shard: 0,
    position: first + i + 1,
    orderId: `order-${first + i}`,
    sequence: 1,
    causeId: "payment:p",
    events: [{ type: "OrderConfirmed", data: { customer: CUSTOMER, lines: [], total: TOTAL } }],
    recordedAt: SUBMITTED_AT,
  }));
}

/** A queue on a sender whose mail server answers when the test says so, once it has looked for older mails. */
async function start({ concurrency }: { readonly concurrency: number }) {
  const world = createMailWorld();
  const answers: PromiseWithResolvers<MailAnswer>[] = [];
  const scripted = createScriptedMailer();
  const mailer: Mailer & Pick<typeof scripted, "sent"> = {
    ...scripted,
    async send(mail) {
      await scripted.send(mail);
      const answer = Promise.withResolvers<MailAnswer>();
      answers.push(answer);
      return answer.promise;
    },
  };
  const sender = await world.start(mailer, { concurrency });
  const looks = world.ledger.calls("claim");
  const writes: { claimed: number; unclaimed: number; withCheckpoint: boolean }[] = [];
  const queue = createMailQueue({
    mailSender: sender,
    viewStore: {
      async apply(changes, checkpoint) {
        const mails = changes.flatMap((change) => (change.type === "enqueueMail" ? [change] : []));
        const claimed = mails.filter(({ claim }) => claim !== undefined).length;
        writes.push({ claimed, unclaimed: mails.length - claimed, withCheckpoint: checkpoint !== undefined });
        return { type: "applied", attempts: mails.flatMap(({ mail, claim }) => world.put(mail, claim)) };
      },
    },
  });
  return {
    world,
    sender,
    mailer,
    queue,
    writes,
    /** How often the ledger was asked for mails that wait in it. */
    claims: () => world.ledger.calls("claim") - looks,
    /** Lets the mail server answer the mails that wait longest. */
    answer(count: number): void {
      for (const { resolve } of answers.splice(0, count)) resolve(ACCEPTED);
    },
  };
}

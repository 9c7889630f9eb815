/** How the dev inbox's SMTP server treats its store: mails of one moment go in together, and a failing store loses none. */
import { afterEach, expect, test } from "vitest";
import { createInboxSmtp } from "../../../src/infra/inbox/inbox-smtp.ts";
import type { ReceivedMail } from "../../../src/infra/inbox/inbox-store.ts";
import { createSmtpMailer } from "../../../src/infra/mail/smtp-mailer.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { confirmationMail, plainTemplate } from "../../support/confirmation-mails.ts";

const FROM = { name: "Orderloom", address: "orders@orderloom.example" };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function mailerToInbox(store: (mails: readonly ReceivedMail[]) => number) {
  const smtp = createInboxSmtp(store);
  const port = await smtp.listen(0, "127.0.0.1");
  cleanups.push(() => smtp.close());
  const url = `smtp://127.0.0.1:${port}`;
  const mailer = createSmtpMailer({ url, from: FROM, clock: systemClock, template: plainTemplate });
  cleanups.push(() => mailer.stop());
  return mailer;
}

test("stores together what arrives together", async () => {
  const batches: number[] = [];
  const mailer = await mailerToInbox((mails) => batches.push(mails.length));
  await Promise.all(Array.from({ length: 160 }, (_, i) => mailer.send(confirmationMail(i))));
  expect(batches.reduce((sum, size) => sum + size, 0)).toBe(160);
  expect(batches.length).toBeLessThan(100);
});

test("defers a mail that cannot be stored, and takes it once it can be", async () => {
  let isFull = true;
  const mailer = await mailerToInbox(() => {
    if (isFull) throw new Error("database or disk is full");
    return 1;
  });
  const refused = await mailer.send(confirmationMail(1));
  expect(refused).toEqual({ type: "deferred", response: "451 cannot store mails now: database or disk is full" });
  isFull = false;
  expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "accepted" });
});

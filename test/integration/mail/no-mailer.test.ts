import { expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { NO_MAILER } from "../../../src/infra/mail/smtp-mailer.ts";
import { confirmationMail } from "../../support/confirmation-mails.ts";

test("a process that sends no mails has a mailer that nobody may use, because it answers for no mail", async () => {
  const failure = await NO_MAILER.send(confirmationMail(1)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toBeInstanceOf(OperationalError);
  await NO_MAILER.stop();
});

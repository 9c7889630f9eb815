/** The dev inbox as a mail server and as an archive: what it answered with 250 is there, and it never grows without end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { OperationalError } from "../../../src/actors/errors.ts";
import { createDevInbox, type DevInbox } from "../../../src/infra/inbox/dev-inbox.ts";
import { createSmtpConnection } from "../../../src/infra/mail/smtp-connection.ts";
import { createSmtpMailer } from "../../../src/infra/mail/smtp-mailer.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { confirmationMail, plainTemplate } from "../../support/confirmation-mails.ts";
import { startFakeSmtpServer } from "../../support/fake-smtp-server.ts";

const FROM = { name: "Orderloom", address: "orders@orderloom.example" };
const TIMEOUTS = { connectMs: 5_000, greetingMs: 5_000, socketMs: 5_000 };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dev-inbox-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function openInbox(dataDir: string, options: { capacity?: number; port?: number } = {}): Promise<DevInbox> {
  const onCrash = (error: Error) => expect.unreachable(error.message);
  const inbox = await createDevInbox({ dataDir, host: "127.0.0.1", port: 0, onCrash, ...options });
  cleanups.push(() => inbox.stop());
  return inbox;
}

function mailerTo(inbox: DevInbox) {
  const url = `smtp://127.0.0.1:${inbox.port}`;
  const mailer = createSmtpMailer({ url, from: FROM, clock: systemClock, template: plainTemplate });
  cleanups.push(() => mailer.stop());
  return mailer;
}

async function sendRaw(inbox: DevInbox, message: Buffer) {
  const server = { host: "127.0.0.1", port: inbox.port, secure: false, requireTls: false, login: null };
  const connection = createSmtpConnection(server, TIMEOUTS, () => {});
  const delivery = await connection.send({ from: "someone@else.example", to: "me@here.example" }, message);
  connection.close();
  return delivery;
}

describe("a mail in the inbox", () => {
  test("is listed and read as it was sent, whatever its customer is called", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const name = 'Änne <script>alert(1)</script>, "Ann" 🍕';
    const mail = confirmationMail(1, { customer: { name, email: "anne@customer.example" } });
    expect(await mailerTo(inbox).send(mail)).toEqual({ type: "accepted", response: "250 stored as 1" });
    const { messages, next } = await inbox.list({ limit: 10 });
    expect(next).toBeNull();
    expect(messages).toEqual([
      {
        id: "1",
        messageId: mail.messageId,
        orderId: mail.orderId,
        from: "Orderloom <orders@orderloom.example>",
        to: `${name} <anne@customer.example>`,
        subject: `Order ${mail.orderId}`,
        receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    ]);
    expect(await inbox.get("1")).toMatchObject({
      ...messages[0],
      text: `Hello ${name}`,
      html: "<p>Hello</p>\n",
      headers: expect.arrayContaining([{ name: "X-Order-Id", value: mail.orderId }]),
    });
  });

  test("is there twice when it was sent twice", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const mailer = mailerTo(inbox);
    await mailer.send(confirmationMail(1));
    await mailer.send(confirmationMail(1));
    const { messages } = await inbox.list({ limit: 10 });
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(1);
    expect(messages.map(({ id }) => id)).toEqual(["2", "1"]);
  });

  test("outlives the inbox that took it", async () => {
    const folder = await temporaryFolder();
    const first = await openInbox(folder);
    await mailerTo(first).send(confirmationMail(1));
    await first.stop();
    const second = await openInbox(folder);
    expect(await second.count()).toBe(1);
    await mailerTo(second).send(confirmationMail(2));
    expect((await second.list({ limit: 10 })).messages.map(({ id }) => id)).toEqual(["2", "1"]);
  });

  test("makes room for newer ones", async () => {
    const inbox = await openInbox(await temporaryFolder(), { capacity: 5 });
    const mailer = mailerTo(inbox);
    for (let i = 1; i <= 12; i++) await mailer.send(confirmationMail(i));
    expect(await inbox.count()).toBe(5);
    expect((await inbox.list({ limit: 10 })).messages.map(({ id }) => id)).toEqual(["12", "11", "10", "9", "8"]);
    expect(await inbox.get("7")).toBeNull();
  });

  test("may be anything that SMTP can carry", async () => {
    const inbox = await openInbox(await temporaryFolder());
    expect(await sendRaw(inbox, Buffer.from("no headers at all\r\n"))).toMatchObject({ type: "accepted" });
    const nested = Array.from(
      { length: 300 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
    );
    expect(await sendRaw(inbox, Buffer.from(nested.join("")))).toMatchObject({ type: "accepted" });
    const { messages } = await inbox.list({ limit: 10 });
    expect(messages[1]).toMatchObject({ messageId: "", orderId: null, from: "", to: "me@here.example", subject: "" });
    expect(await inbox.get("2")).toMatchObject({ text: expect.stringMatching(/^This mail cannot be shown: /) });
  });

  test("is refused when it is larger than 1 MiB, and the next one is taken", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const large = await sendRaw(inbox, Buffer.from("x\r\n".repeat(350_000)));
    expect(large).toMatchObject({ type: "failed", bodyLeft: true, error: { responseCode: 552 } });
    expect(await mailerTo(inbox).send(confirmationMail(1))).toMatchObject({ type: "accepted" });
    expect(await inbox.count()).toBe(1);
  });
});

describe("the inbox", () => {
  test("keeps every mail of a burst, once", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const mailer = mailerTo(inbox);
    const numbers = Array.from({ length: 400 }, (_, i) => i);
    const outcomes = await Promise.all(numbers.map((i) => mailer.send(confirmationMail(i))));
    expect(outcomes.every(({ type }) => type === "accepted")).toBe(true);
    const { messages } = await inbox.list({ limit: 1_000 });
    expect(new Set(messages.map(({ orderId }) => orderId))).toEqual(
      new Set(numbers.map((i) => confirmationMail(i).orderId)),
    );
    expect(messages).toHaveLength(400);
  });

  test("is read page by page, and mails that arrive meanwhile shift nothing", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const mailer = mailerTo(inbox);
    for (let i = 1; i <= 5; i++) await mailer.send(confirmationMail(i));
    const first = await inbox.list({ limit: 2 });
    await mailer.send(confirmationMail(6));
    const second = await inbox.list({ limit: 2, after: first.next ?? "" });
    const third = await inbox.list({ limit: 2, after: second.next ?? "" });
    const ids = [first, second, third].map(({ messages }) => messages.map(({ id }) => id));
    expect(ids).toEqual([["5", "4"], ["3", "2"], ["1"]]);
    expect(third.next).toBeNull();
  });

  test("lists the mails of one order", async () => {
    const inbox = await openInbox(await temporaryFolder());
    const mailer = mailerTo(inbox);
    for (const number of [1, 2, 1, 3]) await mailer.send(confirmationMail(number));
    const { orderId } = confirmationMail(1);
    expect((await inbox.list({ limit: 1, orderId })).next).toBe("3");
    expect((await inbox.list({ limit: 10, orderId })).messages.map(({ id }) => id)).toEqual(["3", "1"]);
    expect((await inbox.list({ limit: 10, orderId: "another" })).messages).toEqual([]);
  });

  test("knows no mail of an id that it never gave", async () => {
    const inbox = await openInbox(await temporaryFolder());
    for (const id of ["1", "0", "-1", "1e3", "x", "", "9999999999999999"]) expect(await inbox.get(id)).toBeNull();
  });

  test("says which setting to change when its port is taken", async () => {
    const { port, stop } = await startFakeSmtpServer();
    cleanups.push(stop);
    const started = openInbox(await temporaryFolder(), { port });
    await expect(started).rejects.toThrow(OperationalError);
    await expect(started).rejects.toMatchObject({
      code: "port_taken",
      message: expect.stringMatching(/DEV_INBOX_PORT/),
    });
  });

  test("says that it cannot keep mails where there is no folder", async () => {
    const started = openInbox(join(await temporaryFolder(), "missing"));
    await expect(started).rejects.toMatchObject({ code: "data_folder_unwritable" });
  });

  test("stops once, frees its port, and answers no more", async () => {
    const folder = await temporaryFolder();
    const inbox = await openInbox(folder);
    await Promise.all([inbox.stop(), inbox.stop()]);
    await expect(inbox.count()).rejects.toMatchObject({ code: "store_unavailable" });
    const again = await openInbox(folder, { port: inbox.port });
    expect(again.port).toBe(inbox.port);
  });
});

/** What the mailer makes of a mail server's every mood: each outcome at each step, and never a throw. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSmtpMailer, type SmtpMailerOptions } from "../../../src/infra/mail/smtp-mailer.ts";
import { systemClock } from "../../../src/infra/system-clock.ts";
import { confirmationMail, plainTemplate } from "../../support/confirmation-mails.ts";
import {
  type FakeSmtpServer,
  HANG_UP,
  type Reaction,
  SILENCE,
  type SmtpScript,
  type SmtpStep,
  startFakeSmtpServer,
} from "../../support/fake-smtp-server.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";

const FROM = { name: "Orderloom", address: "orders@orderloom.example" };
const SHORT_DEADLINE_MS = 150;
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function fakeServer(script: SmtpScript = {}): Promise<FakeSmtpServer> {
  const server = await startFakeSmtpServer(script);
  cleanups.push(() => server.stop());
  return server;
}

function mailerTo(url: string, options: Partial<SmtpMailerOptions> = {}) {
  const mailer = createSmtpMailer({ url, from: FROM, clock: systemClock, template: plainTemplate, ...options });
  cleanups.push(() => mailer.stop());
  return mailer;
}

async function outcomeWith(script: SmtpScript, options: Partial<SmtpMailerOptions> = {}) {
  const server = await fakeServer(script);
  return await mailerTo(server.url, options).send(confirmationMail(1));
}

const ONE_AT_A_TIME: SmtpScript = { ehlo: [{ reply: "250 fake.example" }] };
const always = (step: SmtpStep, reaction: Reaction): SmtpScript => ({ [step]: [reaction, reaction, reaction] });

describe("a mail that the server takes", () => {
  test("is accepted with the server's words, and goes to the one address of its customer", async () => {
    const server = await fakeServer();
    const mail = confirmationMail(1, {
      customer: { name: "Ann\r\nRCPT TO:<x@y.example>", email: "ann@customer.example" },
    });
    expect(await mailerTo(server.url).send(mail)).toEqual({ type: "accepted", response: "250 queued" });
    const envelope = server.commands.filter((command) => /^(MAIL|RCPT)/.test(command));
    expect(envelope).toEqual(["MAIL FROM:<orders@orderloom.example>", "RCPT TO:<ann@customer.example>"]);
    expect(server.messages).toHaveLength(1);
    expect(server.messages[0]).toContain(`Message-ID: ${mail.messageId}\r\nX-Order-Id: ${mail.orderId}\r\n`);
  });

  test("is the same mail when it is sent again", async () => {
    const server = await fakeServer();
    const mailer = mailerTo(server.url, { clock: createManualClock() });
    await mailer.send(confirmationMail(1));
    await mailer.send(confirmationMail(1));
    expect(server.messages[1]).toBe(server.messages[0]);
  });
});

describe.each([
  ["that takes commands in one go", {}],
  ["that takes one command at a time", ONE_AT_A_TIME],
] satisfies [string, SmtpScript][])("an answer of a server %s", (_, server) => {
  test.each<[SmtpStep, string, "deferred" | "refused"]>([
    ["greeting", "421 too busy", "deferred"],
    ["greeting", "554 no service here", "deferred"],
    ["ehlo", "421 too busy", "deferred"],
    ["mail", "451 try later", "deferred"],
    ["mail", "530 authentication required", "deferred"],
    ["mail", "550 sender rejected", "deferred"],
    ["rcpt", "421 too busy", "deferred"],
    ["rcpt", "450 mailbox busy", "deferred"],
    ["rcpt", "550 no such user", "refused"],
    ["data", "451 try later", "deferred"],
    ["data", "554 no valid recipients", "refused"],
    ["body", "421 shutting down", "deferred"],
    ["body", "451 try later", "deferred"],
    ["body", "552 too large", "refused"],
  ])("to %s of %s makes the mail %s", async (step, reply, type) => {
    const outcome = await outcomeWith({ ...server, ...always(step, { reply }) });
    expect(outcome.type).toBe(type);
    expect(outcome.response).toContain(reply);
  });

  test.each<[SmtpStep, Reaction, "deferred" | "unknown"]>([
    ["greeting", HANG_UP, "deferred"],
    ["ehlo", HANG_UP, "deferred"],
    ["mail", HANG_UP, "deferred"],
    ["rcpt", HANG_UP, "deferred"],
    ["data", HANG_UP, "deferred"],
    ["data", { reply: "354 go ahead", hangsUp: true }, "unknown"],
    ["body", HANG_UP, "unknown"],
    ["body", { reply: "25", raw: true, hangsUp: true }, "unknown"],
    ["body", { reply: "550 no", raw: true, hangsUp: true }, "unknown"],
  ])("that is cut off at %s (%j) makes the mail %s", async (step, reaction, type) => {
    expect(await outcomeWith({ ...server, ...always(step, reaction) })).toMatchObject({ type });
  });
});

describe("a session that does not come about", () => {
  test("because the server refuses the login is the server's state, and not the mail's", async () => {
    const server = await fakeServer(always("auth", { reply: "535 wrong password" }));
    const mailer = mailerTo(`smtp://shop:secret@127.0.0.1:${server.port}`);
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "deferred" });
    expect(server.messages).toEqual([]);
  });

  test("because nothing listens makes the mail deferred", async () => {
    const server = await fakeServer();
    await server.stop();
    expect(await mailerTo(server.url).send(confirmationMail(1))).toMatchObject({ type: "deferred" });
  });
});

describe("a server that falls silent", () => {
  test.each<[SmtpStep, "deferred" | "unknown"]>([
    ["greeting", "deferred"],
    ["ehlo", "deferred"],
    ["mail", "deferred"],
    ["rcpt", "deferred"],
    ["data", "deferred"],
    ["body", "unknown"],
  ])("at %s makes the mail %s at its deadline", async (step, type) => {
    const script = { ...ONE_AT_A_TIME, ...always(step, SILENCE) };
    const outcome = await outcomeWith(script, { deadlineMs: SHORT_DEADLINE_MS });
    const unreachable = type === "deferred" ? { unreachable: true } : {};
    const response = `the mail server did not finish within ${SHORT_DEADLINE_MS} ms`;
    expect(outcome).toEqual({ type, response, ...unreachable });
  });

  test("defers the mails that wait for its connection long before their deadline", async () => {
    const server = await fakeServer(always("body", SILENCE));
    const mailer = mailerTo(server.url, { deadlineMs: SHORT_DEADLINE_MS, connections: 1 });
    const [first, second] = await Promise.all([mailer.send(confirmationMail(1)), mailer.send(confirmationMail(2))]);
    expect(first.type).toBe("unknown");
    expect(second.type).toBe("deferred");
    expect(server.messages).toHaveLength(1);
  });
});

describe("replies that do not fit", () => {
  test.each<[SmtpStep, string, "deferred" | "unknown"]>([
    ["mail", "250 noted\r\n250 noted again", "deferred"],
    ["rcpt", "250 noted\r\n250 noted again", "deferred"],
    ["data", "250 go ahead", "deferred"],
    ["data", "354 go ahead\r\n250 queued", "deferred"],
    ["data", "so be it", "deferred"],
    ["body", "354 go ahead", "unknown"],
    ["body", "so be it", "unknown"],
    ["body", "250-queued\r\nsomewhere", "unknown"],
  ])("to %s (%j) make a mail %s, and its body stays where it is not asked for", async (step, reply, type) => {
    const server = await fakeServer({ [step]: [{ reply }] });
    expect(await mailerTo(server.url).send(confirmationMail(1))).toMatchObject({ type });
    expect(server.messages).toHaveLength(step === "body" ? 1 : 0);
  });

  test("of several lines are one answer, which may come in pieces", async () => {
    const server = await fakeServer({
      rcpt: [{ reply: "250-noted\r\n250" }],
      body: [{ reply: "250-queued\r\n250 as 7" }],
    });
    const response = "250-queued 250 as 7";
    expect(await mailerTo(server.url).send(confirmationMail(1))).toEqual({ type: "accepted", response });
  });

  test("that nobody waits for end a connection", async () => {
    const server = await fakeServer({ body: [{ reply: "250 queued\r\n250 queued" }] });
    const mailer = mailerTo(server.url, { connections: 1 });
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "accepted" });
    await vi.waitFor(() => expect(server.sessions.open).toBe(0));
    expect(await mailer.send(confirmationMail(2))).toMatchObject({ type: "accepted" });
    expect(server.sessions.total).toBe(2);
  });
});

describe("the connections", () => {
  test("are used again, and are never more than were allowed", async () => {
    const server = await fakeServer();
    const seen: number[] = [];
    const mailer = mailerTo(server.url, { connections: 3, onPool: ({ busy, idle }) => seen.push(busy + idle) });
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, i) => mailer.send(confirmationMail(i))));
    expect(outcomes.every(({ type }) => type === "accepted")).toBe(true);
    expect(new Set(server.messages).size).toBe(60);
    expect(server.sessions).toMatchObject({ total: 3, most: 3 });
    expect(Math.max(...seen)).toBe(3);
  });

  test("are renewed after their share of messages", async () => {
    const server = await fakeServer();
    const mailer = mailerTo(server.url, { connections: 1, messagesPerConnection: 4 });
    for (let i = 0; i < 10; i++) await mailer.send(confirmationMail(i));
    expect(server.sessions.total).toBe(3);
    expect(server.messages).toHaveLength(10);
  });

  test("are closed with a goodbye when they were idle for long", async () => {
    const clock = createManualClock();
    const server = await fakeServer();
    const mailer = mailerTo(server.url, { clock, idleMs: 5_000 });
    await mailer.send(confirmationMail(1));
    await clock.advance(4_999);
    expect(server.commands).not.toContain("QUIT");
    await clock.advance(1);
    await vi.waitFor(() => expect(server.sessions.open).toBe(0));
    expect(server.commands).toContain("QUIT");
  });

  test("are replaced at once when the server closed them while they were idle", async () => {
    const server = await fakeServer({ mail: [null, HANG_UP] });
    const mailer = mailerTo(server.url, { connections: 1 });
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "accepted" });
    expect(await mailer.send(confirmationMail(2))).toMatchObject({ type: "accepted" });
    expect(server.sessions.total).toBe(2);
    expect(server.messages).toHaveLength(2);
  });

  test("are not used again after a refusal", async () => {
    const server = await fakeServer({ rcpt: [{ reply: "550 no such user" }] });
    const mailer = mailerTo(server.url, { connections: 1 });
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "refused" });
    expect(await mailer.send(confirmationMail(2))).toMatchObject({ type: "accepted" });
    expect(server.sessions.total).toBe(2);
  });

  test("come back when the server does", async () => {
    const server = await fakeServer({ greeting: [{ reply: "421 starting up" }] });
    const mailer = mailerTo(server.url);
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "deferred" });
    expect(await mailer.send(confirmationMail(1))).toMatchObject({ type: "accepted" });
  });
});

describe("stopping", () => {
  test("lets a send in progress end, says goodbye, and takes no more mails", async () => {
    const server = await fakeServer();
    const mailer = mailerTo(server.url);
    const sending = mailer.send(confirmationMail(1));
    const stopping = mailer.stop();
    expect(await sending).toMatchObject({ type: "accepted" });
    await stopping;
    await mailer.stop();
    await vi.waitFor(() => expect(server.sessions.open).toBe(0));
    expect(server.commands.at(-1)).toBe("QUIT");
    expect(await mailer.send(confirmationMail(2))).toMatchObject({ type: "deferred" });
    expect(server.messages).toHaveLength(1);
  });

  test("breaks off a send whose server stays silent, and says that nothing was sent", async () => {
    const clock = createManualClock();
    const server = await fakeServer(always("data", SILENCE));
    const mailer = mailerTo(server.url, { clock });
    const sending = mailer.send(confirmationMail(1));
    await vi.waitFor(() => expect(server.commands).toContain("DATA"));
    const stopping = mailer.stop();
    await clock.advance(5_000);
    expect(await sending).toMatchObject({ type: "deferred", response: expect.stringContaining("stopped") });
    await clock.advance(1_000);
    await stopping;
  });

  test("does not wait for a server that never answers the goodbye", async () => {
    const clock = createManualClock();
    const server = await fakeServer(always("quit", SILENCE));
    const mailer = mailerTo(server.url, { clock });
    await mailer.send(confirmationMail(1));
    const stopping = mailer.stop();
    await vi.waitFor(() => expect(server.commands).toContain("QUIT"));
    await clock.advance(1_000);
    await stopping;
  });
});

describe("a mail that cannot be sent at all", () => {
  test("is refused without a word to the server when its address is not one", async () => {
    const server = await fakeServer();
    const customer = { name: "Ann", email: "ann@customer.example>\r\nRCPT TO:<x@y.example" };
    expect(await mailerTo(server.url).send(confirmationMail(1, { customer }))).toMatchObject({ type: "refused" });
    expect(server.sessions.total).toBe(0);
  });

  test("is never tried with a sender that is no address", () => {
    expect(() => mailerTo("smtp://127.0.0.1:1", { from: { name: "Shop", address: "shop" } })).toThrow(
      /^MAIL_FROM cannot be used/,
    );
  });
});

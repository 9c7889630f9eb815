import { describe, expect, test } from "vitest";
import { lostBeforeReply, outcomeOf, type SmtpFailure } from "../../../../src/infra/mail/smtp-outcome.ts";

const failed = (error: Partial<SmtpFailure>, bodyLeft: boolean) =>
  ({ type: "failed", error: { message: "it failed", ...error }, bodyLeft }) as const;

describe("outcomeOf", () => {
  test.each<[string, Partial<SmtpFailure>, boolean]>([
    ["refused", { code: "EENVELOPE", command: "RCPT TO", responseCode: 550 }, false],
    ["refused", { code: "EENVELOPE", command: "DATA", responseCode: 554 }, false],
    ["refused", { code: "EMESSAGE", command: "DATA", responseCode: 552 }, true],
    ["deferred", { code: "EENVELOPE", command: "RCPT TO", responseCode: 450 }, false],
    ["deferred", { code: "EMESSAGE", command: "DATA", responseCode: 451 }, true],
    ["deferred", { code: "EMESSAGE", command: "DATA", responseCode: 503 }, true],
    ["deferred", { code: "EENVELOPE", command: "MAIL FROM", responseCode: 550 }, false],
    ["deferred", { code: "EENVELOPE", command: "RCPT TO", responseCode: 530 }, false],
    ["deferred", { code: "EAUTH", command: "AUTH PLAIN", responseCode: 535 }, false],
    ["deferred", { code: "EPROTOCOL", command: "CONN", responseCode: 554 }, false],
    ["deferred", { code: "ESOCKET", command: "CONN" }, false],
    ["unknown", { code: "ESOCKET", command: "CONN" }, true],
    ["unknown", { code: "ECONNECTION", command: "CONN", responseCode: 550 }, true],
    ["unknown", { code: "EPROTOCOL", command: "CONN", responseCode: 250 }, true],
    ["unknown", { code: "EMESSAGE", command: "DATA", responseCode: 354 }, true],
    ["unknown", {}, true],
    ["deferred", {}, false],
  ])("is %s for %j, body left: %s", (type, error, bodyLeft) => {
    expect(outcomeOf(failed(error, bodyLeft)).type).toBe(type);
  });

  test.each<[boolean, Partial<SmtpFailure>]>([
    [true, { code: "ECONNECTION", command: "CONN" }],
    [true, { code: "EDNS", command: "CONN" }],
    [true, { code: "EAUTH", command: "AUTH PLAIN", responseCode: 535 }],
    [true, { code: "EENVELOPE", command: "MAIL FROM", responseCode: 421 }],
    [false, { code: "EENVELOPE", command: "RCPT TO", responseCode: 450 }],
    [false, { code: "EENVELOPE", command: "MAIL FROM", responseCode: 550 }],
  ])("says %s for whether the server cannot be talked to at all: %j", (unreachable, error) => {
    expect("unreachable" in outcomeOf(failed(error, false))).toBe(unreachable);
  });

  test("tells the server's words on one line, cut to a bearable length", () => {
    const response = `250-first\r\n250 second\0 ${"x".repeat(5_000)}`;
    const outcome = outcomeOf({ type: "accepted", response });
    expect(outcome.response).toMatch(/^250-first 250 second x+$/);
    expect(outcome.response).toHaveLength(500);
  });
});

describe("lostBeforeReply", () => {
  test("is true only when neither a reply came nor the body left", () => {
    expect(lostBeforeReply(failed({ code: "ECONNECTION" }, false))).toBe(true);
    expect(lostBeforeReply(failed({ code: "ECONNECTION" }, true))).toBe(false);
    expect(lostBeforeReply(failed({ code: "ECONNECTION", responseCode: 421 }, false))).toBe(false);
    expect(lostBeforeReply({ type: "accepted", response: "250" })).toBe(false);
  });
});

import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import { parseSmtpUrl } from "../../../../src/infra/mail/smtp-url.ts";

describe("parseSmtpUrl", () => {
  test("reads host and port", () => {
    const expected = { host: "mail.example", port: 2525, secure: false, requireTls: false, login: null };
    expect(parseSmtpUrl("smtp://mail.example:2525")).toEqual(expected);
  });

  test("reads a percent-encoded login", () => {
    const login = { user: "me@example.com", password: "p@ss:/wörd" };
    expect(parseSmtpUrl("smtps://me%40example.com:p%40ss%3A%2Fw%C3%B6rd@mail.example")).toMatchObject({
      login,
      secure: true,
    });
  });

  test("knows the usual ports", () => {
    expect(parseSmtpUrl("smtp://mail.example").port).toBe(587);
    expect(parseSmtpUrl("smtps://mail.example").port).toBe(465);
  });

  test("takes IPv6 addresses and requireTLS", () => {
    expect(parseSmtpUrl("smtp://[::1]:25?requireTLS=true")).toMatchObject({ host: "::1", requireTls: true });
  });

  test.each(["", "mail.example", "http://mail.example", "smtp://", "smtp://h?pool=true", "smtp://u:%E0%A4%A@h"])(
    "refuses %j with a sentence that names SMTP_URL",
    (url) => {
      expect(() => parseSmtpUrl(url)).toThrow(OperationalError);
      expect(() => parseSmtpUrl(url)).toThrow(/^SMTP_URL cannot be used: /);
    },
  );

  test("never repeats the password", () => {
    expect(() => parseSmtpUrl("smtp://user:hunter2@mail.example?pool=true")).toThrow(/^(?!.*hunter2)/);
  });
});

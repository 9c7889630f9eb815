import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { CustomerName, Email, Reason } from "../../../src/schemas/customer.ts";

const name = Compile(CustomerName);
const email = Compile(Email);
const reason = Compile(Reason);

describe("a customer's name", () => {
  test.each(["Ada", "José Núñez-O'Neil", "山田 太郎", "علي", "<script>alert(1)</script>", "😀", "a".repeat(200)])(
    "may be %s",
    (text) => expect(name.Check(text)).toBe(true),
  );

  test.each([
    ["empty", ""],
    ["only spaces", "   "],
    ["201 characters long", "a".repeat(201)],
    ["with a line break", "Ada\r\nBcc: eve@example.com"],
    ["with a NUL", "Ada\u0000"],
    ["with an escape sequence", "Ada\u001b[31m"],
    ["with a next-line control", "Ada\u0085"],
    ["with a Unicode line separator", "Ada\u2028"],
    ["with a direction override", "Ada\u202egpj.exe"],
    ["with half a surrogate pair", "Ada\ud83d"],
    ["a number", 7],
  ])("may not be %s", (_what, value) => {
    expect(name.Check(value)).toBe(false);
  });
});

describe("an e-mail address", () => {
  test.each(["ada@example.com", "a.b+c_d@sub.example-shop.co.uk", "x@a.io", `${"a".repeat(64)}@example.com`])(
    "may be %s",
    (text) => expect(email.Check(text)).toBe(true),
  );

  test.each([
    ["empty", ""],
    ["without an at sign", "ada.example.com"],
    ["with two at signs", "ada@example@com"],
    ["with a host without a dot", "ada@localhost"],
    ["two addresses", "ada@example.com,eve@example.com"],
    ["with a display name", "Ada <ada@example.com>"],
    ["with a header behind it", "ada@example.com\r\nBcc: eve@example.com"],
    ["with a line break at the end", "ada@example.com\n"],
    ["with quotes", '"ada"@example.com'],
    ["with a single quote", "o'neil@example.com"],
    ["with a space", "ada @example.com"],
    ["with a leading dot", ".ada@example.com"],
    ["with two dots in a row", "a..da@example.com"],
    ["with a label that ends in a dash", "ada@example-.com"],
    ["with a domain literal", "ada@[127.0.0.1]"],
    ["with 65 characters before the at sign", `${"a".repeat(65)}@example.com`],
    ["longer than 254 characters", `a@${"b".repeat(60)}.${"c".repeat(63)}.${"d".repeat(63)}.${"e".repeat(63)}.com`],
    ["with a letter that is not ASCII", "adä@example.com"],
  ])("may not be %s", (_what, text) => {
    expect(email.Check(text)).toBe(false);
  });

  test("that is hostile to the expression is refused at once", () => {
    const startedAt = performance.now();
    expect(email.Check(`${"a.".repeat(100)}@${"b-".repeat(20)}`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });
});

test("a reason may have several lines, and no NUL", () => {
  expect(reason.Check("Ordered twice,\nsorry")).toBe(true);
  expect(reason.Check("a\u0000")).toBe(false);
  expect(reason.Check("a".repeat(501))).toBe(false);
});

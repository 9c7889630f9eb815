import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  brokersOf,
  loadConfig,
  mailboxOf,
  printConfig,
  SETTINGS,
  takesDemoPayments,
  trustedProxiesOf,
} from "../../../src/infra/config.ts";
import { PROJECT_ROOT } from "../../support/linters.ts";

const ENGINES = { REDPANDA_BROKERS: "a:9092", MONGODB_URL: "mongodb://a/b" };

describe("the settings", () => {
  test("have defaults that start the embedded service", () => {
    expect(loadConfig({})).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 3000,
      DATA_DIR: "./data",
      SHARDS: 8,
      DEV_INBOX_PORT: 1025,
    });
    expect(loadConfig({})).not.toHaveProperty("SMTP_URL");
  });

  test("are read from the environment, where an empty value counts as not set", () => {
    expect(loadConfig({ PORT: "8080", SMTP_URL: "", LOG_LEVEL: "debug" })).toMatchObject({
      PORT: 8080,
      LOG_LEVEL: "debug",
    });
    expect(loadConfig({ SMTP_URL: "" })).not.toHaveProperty("SMTP_URL");
  });

  test.each([
    ["PORT", "70000"],
    ["PORT", "abc"],
    ["PORT", "1.5"],
    ["SHARDS", "0"],
    ["LOG_LEVEL", "loud"],
    ["MAIL_UNKNOWN", "perhaps"],
    ["MAIL_FROM", "nobody"],
    ["MAIL_FROM", "A\nBcc: b <a@shop.example>"],
    ["TRUST_PROXY", "true"],
    ["TRUST_PROXY", "1"],
    ["TRUST_PROXY", "proxy.example"],
    ["TRUST_PROXY", "10.0.0.0/33"],
    ["TRUST_PROXY", "0.0.0.0/0"],
    ["TRUST_PROXY", "10.0.0.1,"],
  ])("refuses %s=%s and names it", (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: "invalid_configuration", message: expect.stringContaining(name) }),
    );
  });

  test.each([
    ["brokers without a store", { REDPANDA_BROKERS: "a:9092" }, /MONGODB_URL/],
    ["a store without brokers", { MONGODB_URL: "mongodb://a/b" }, /REDPANDA_BROKERS/],
    [
      "a worker on the embedded store",
      { ROLE: "worker", SMTP_URL: "smtp://a:25" },
      /ROLE=worker needs REDPANDA_BROKERS/,
    ],
    ["a worker without a mail server", { ...ENGINES, ROLE: "worker" }, /SMTP_URL/],
    ["a broker without a port", { ...ENGINES, REDPANDA_BROKERS: "a:9092,b" }, /REDPANDA_BROKERS.*"b"/],
    ["a short secret", { CURSOR_KEY: "short" }, /CURSOR_KEY/],
    ["one port for two servers", { PORT: "1025" }, /PORT and DEV_INBOX_PORT/],
  ])("refuses %s", (_, environment, message) => {
    expect(() => loadConfig(environment)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  test.each([
    ["in the embedded default", {}, true],
    ["beside a real payment provider", { PAYMENT_WEBHOOK_SECRETS: `whsec_${"A".repeat(32)}` }, false],
    ["on the engines", ENGINES, false],
    ["on the engines, when it is asked for", { ...ENGINES, DEMO_PAYMENTS: "on" }, true],
    ["in the embedded default, when it is not wanted", { DEMO_PAYMENTS: "off" }, false],
  ])("decide whether unsigned payments are taken %s", (_, environment, isOpen) => {
    expect(takesDemoPayments(loadConfig(environment))).toBe(isOpen);
  });

  test("take any number of brokers", () => {
    expect(brokersOf(loadConfig({ ...ENGINES, REDPANDA_BROKERS: "a:9092, b:9093,[::1]:9094" }))).toEqual([
      "a:9092",
      "b:9093",
      "[::1]:9094",
    ]);
    expect(brokersOf(loadConfig({}))).toEqual([]);
  });

  test("take proxies by their addresses and networks", () => {
    const proxiesIn = (TRUST_PROXY?: string) => trustedProxiesOf(loadConfig({ TRUST_PROXY }));
    expect(proxiesIn()).toEqual([]);
    expect(proxiesIn("127.0.0.1, 10.0.0.0/8,fd00::/8,::1")).toEqual(["127.0.0.1", "10.0.0.0/8", "fd00::/8", "::1"]);
  });

  test("names every setting that cannot be used at once", () => {
    expect(() => loadConfig({ PORT: "x", SHARDS: "y" })).toThrow(/PORT.*SHARDS/);
  });

  test("split the sender of mails into name and address", () => {
    expect(mailboxOf("The Shop <orders@shop.example>")).toEqual({ name: "The Shop", address: "orders@shop.example" });
  });

  test("are printed without the password of a mail server", () => {
    const printed = printConfig(loadConfig({ SMTP_URL: "smtp://me:secret@mail.example:587" }));
    expect(printed).toContain("SMTP_URL=smtp://***@mail.example:587");
    expect(printed).not.toContain("secret");
    expect(printConfig(loadConfig({ CURSOR_KEY: "0123456789abcdef0123456789abcdef" }))).toContain("CURSOR_KEY=***");
  });

  test("are all in .env.example, with their defaults and meanings", () => {
    const example = readFileSync(join(PROJECT_ROOT, ".env.example"), "utf8");
    const lines = example.split("\n");
    const named = lines.flatMap((line) => /^#?([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(named).toEqual(SETTINGS.map(({ name }) => name));
    for (const { name, defaultValue, description } of SETTINGS) {
      expect(lines).toContain(defaultValue === null ? `#${name}=` : `${name}=${defaultValue}`);
      expect(example).toContain(description);
    }
  });
});

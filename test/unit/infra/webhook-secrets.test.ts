import { describe, expect, test } from "vitest";
import { loadConfig, printConfig, webhookSecretsOf } from "../../../src/infra/config.ts";

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString("base64")}`;
const secretsOf = (PAYMENT_WEBHOOK_SECRETS: string) => webhookSecretsOf(loadConfig({ PAYMENT_WEBHOOK_SECRETS }));

describe("the secrets of payment webhooks", () => {
  test("are none unless they are set", () => {
    expect(webhookSecretsOf(loadConfig({}))).toEqual([]);
  });

  test("are as many as there are, so that one can be exchanged", () => {
    const secrets = secretsOf(`${secretOf(24)}, ${secretOf(64)}`);
    expect(secrets.map(({ length }) => length)).toEqual([24, 64]);
    expect(secrets[0]).toEqual(Buffer.alloc(24, 0xfb));
  });

  test("may leave out the padding of base64", () => {
    const padded = secretOf(25);
    expect(padded).toMatch(/==$/);
    expect(secretsOf(padded.replace(/=+$/, ""))).toEqual(secretsOf(padded));
  });

  test.each([
    ["without its prefix", secretOf(32).slice(6)],
    ["of an asymmetric scheme", secretOf(32).replace("whsec_", "whpk_")],
    ["of 23 bytes", secretOf(23)],
    ["of 65 bytes", secretOf(65)],
    ["of the prefix alone", "whsec_"],
    ["in base64url", secretOf(33).replaceAll("+", "-").replaceAll("/", "_")],
    ["with a letter that is not base64", `${secretOf(32).slice(0, -4)}!AA=`],
    ["after a comma too many", `${secretOf(32)},`],
  ])("are refused %s, and not repeated in the message", (_what, text) => {
    const error = (() => {
      try {
        return loadConfig({ PAYMENT_WEBHOOK_SECRETS: text });
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toMatchObject({
      code: "invalid_configuration",
      message: expect.stringMatching(/secret \d of PAYMENT_WEBHOOK_SECRETS is not whsec_/),
    });
    expect((error as Error).message).not.toContain("+/v7");
  });

  test("names the one that is wrong", () => {
    expect(() => secretsOf(`${secretOf(32)},${secretOf(8)}`)).toThrow(/secret 2 of PAYMENT_WEBHOOK_SECRETS/);
  });

  test("are not printed", () => {
    const printed = printConfig(loadConfig({ PAYMENT_WEBHOOK_SECRETS: secretOf(32) }));
    expect(printed).toContain("PAYMENT_WEBHOOK_SECRETS=***");
  });
});

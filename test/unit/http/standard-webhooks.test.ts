/**
 * The vectors are those of the reference libraries of Standard Webhooks: github.com/standard-webhooks/standard-webhooks,
 * libraries/javascript/src/webhook.test.ts ("sign function works", "multi sig payload is valid"), the same in its Go library.
 */
import { describe, expect, test } from "vitest";
import { signWebhook, TOLERANCE_S, verifyWebhook } from "../../../src/http/standard-webhooks.ts";

const SECRET = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
const OTHER_SECRET = new Uint8Array(24).fill(1);
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP = "1614265330";
const NOW_MS = Number(TIMESTAMP) * 1_000;
const BODY = '{"test": 2432232314}';
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
/** Well-formed, and of another body. */
const DECOY = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

interface Attempt {
  readonly id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly signature?: string | undefined;
  readonly body?: string;
  readonly secrets?: readonly Uint8Array[];
  readonly nowMs?: number;
}

/** What becomes of the published webhook once something about it is changed. */
function verify(changes: Attempt): string {
  const { id, timestamp, signature, body, secrets, nowMs } = {
    id: ID,
    timestamp: TIMESTAMP,
    signature: SIGNATURE,
    body: BODY,
    secrets: [SECRET],
    nowMs: NOW_MS,
    ...changes,
  };
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  const verification = verifyWebhook({ headers, body: Buffer.from(body) }, secrets, nowMs);
  return verification.type === "genuine" ? "genuine" : verification.code;
}

const resigned = (changes: Partial<Record<"id" | "timestamp" | "body", string>>): Attempt => {
  const { id, timestamp, body } = { id: ID, timestamp: TIMESTAMP, body: BODY, ...changes };
  return { ...changes, signature: signWebhook(SECRET, { id, timestamp }, Buffer.from(body)) };
};

test("signs as the published vector", () => {
  expect(signWebhook(SECRET, { id: ID, timestamp: TIMESTAMP }, Buffer.from(BODY))).toBe(SIGNATURE);
});

describe("a webhook is genuine", () => {
  test("with the published signature, and tells its id", () => {
    const headers = { "webhook-id": ID, "webhook-timestamp": TIMESTAMP, "webhook-signature": SIGNATURE };
    expect(verifyWebhook({ headers, body: Buffer.from(BODY) }, [SECRET], NOW_MS)).toEqual({
      type: "genuine",
      webhookId: ID,
    });
  });

  test("with the published list of signatures, of which one fits", () => {
    expect(verify({ signature: `v1,${DECOY} v2,${DECOY} ${SIGNATURE} v1,${DECOY}` })).toBe("genuine");
  });

  test.each([
    ["the first", [SECRET, OTHER_SECRET]],
    ["the last", [OTHER_SECRET, SECRET]],
  ])("when %s of several secrets signed it", (_which, secrets) => {
    expect(verify({ secrets })).toBe("genuine");
  });

  test("while a secret is exchanged, whichever of the two both sides have", () => {
    const body = Buffer.from(BODY);
    const both = [OTHER_SECRET, SECRET].map((secret) => signWebhook(secret, { id: ID, timestamp: TIMESTAMP }, body));
    for (const secrets of [[SECRET], [OTHER_SECRET], [SECRET, OTHER_SECRET]]) {
      expect(verify({ signature: both.join(" "), secrets })).toBe("genuine");
    }
  });

  test.each([
    ["as old as it may be", TOLERANCE_S],
    ["as far ahead as it may be", -TOLERANCE_S],
  ])("when it is %s", (_what, ageS) => {
    expect(verify({ nowMs: NOW_MS + ageS * 1_000 })).toBe("genuine");
  });

  test("whatever its bytes are", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const signature = signWebhook(SECRET, { id: ID, timestamp: TIMESTAMP }, bytes);
    const headers = { "webhook-id": ID, "webhook-timestamp": TIMESTAMP, "webhook-signature": signature };
    expect(verifyWebhook({ headers, body: bytes }, [SECRET], NOW_MS).type).toBe("genuine");
  });
});

describe("a webhook is stale", () => {
  test.each([
    ["a second too old", TOLERANCE_S + 1],
    ["a second too far ahead", -TOLERANCE_S - 1],
    ["a day old", 86_400],
  ])("when it is %s, however well it is signed", (_what, ageS) => {
    expect(verify({ nowMs: NOW_MS + ageS * 1_000 })).toBe("webhook_stale");
  });
});

describe("a webhook is unsigned", () => {
  test.each([
    ["without an id", { id: undefined }],
    ["with an empty id", { id: "" }],
    ["with a dot in its id, which would move the borders of what is signed", resigned({ id: "msg_1.2" })],
    ["with a space in its id", resigned({ id: "msg_1 msg_2" })],
    ["without a time", { timestamp: undefined }],
    ["with a time in words", { timestamp: "hello" }],
    ["with a fraction of a second", resigned({ timestamp: "1614265330.5" })],
    ["with a time before 1970", resigned({ timestamp: "-1614265330" })],
    ["with a time in another spelling", resigned({ timestamp: "01614265330" })],
    ["without a signature", { signature: undefined }],
    ["with an empty signature", { signature: "" }],
  ])("%s", (_what, changes) => {
    expect(verify(changes)).toBe("webhook_unsigned");
  });
});

describe("no signature is genuine", () => {
  const altered = `${BODY.slice(0, -2)}5}`;
  test.each([
    ["when one byte of the body differs", { body: altered }],
    ["when a space was added to the body", { body: `${BODY} ` }],
    ["when the body is missing", { body: "" }],
    ["when the id differs", { id: "msg_p5jXN8AQM9LWM0D4loKWxJeK" }],
    ["when the time differs", { timestamp: "1614265331" }],
    ["under another secret", { secrets: [OTHER_SECRET] }],
    ["under no secret at all", { secrets: [] }],
    ["when it is cut off as in the published case", { signature: SIGNATURE.slice(0, 8) }],
    ["when only its padding is cut off", { signature: SIGNATURE.slice(0, -1) }],
    ["when only the version is left", { signature: "v1," }],
    ["when it is longer", { signature: `${SIGNATURE}A` }],
    ["without a version", { signature: SIGNATURE.slice(3) }],
    ["under another version: v2", { signature: SIGNATURE.replace("v1", "v2") }],
    ["under another version: v1a, which is asymmetric", { signature: SIGNATURE.replace("v1", "v1a") }],
    ["under the version in capitals", { signature: SIGNATURE.replace("v1", "V1") }],
    ["when all of several are of something else", { signature: `v1,${DECOY} v1,${DECOY}` }],
    ["between commas instead of spaces", { signature: `v1,${DECOY},${SIGNATURE}` }],
    ["in hexadecimal", { signature: `v1,${Buffer.from(SIGNATURE.slice(3), "base64").toString("hex")}` }],
  ])("%s", (_what, changes) => {
    expect(verify(changes)).toBe("webhook_signature_invalid");
  });

  test("whichever of its bits is turned over", () => {
    const bytes = Buffer.from(SIGNATURE.slice(3), "base64");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify({ signature: `v1,${turned.toString("base64")}` })).toBe("webhook_signature_invalid");
    }
  });
});

/**
 * Signatures of webhooks as Standard Webhooks 1.0.0 defines them (standardwebhooks.com): HMAC-SHA256 over the id, the
 * time of the attempt and the body, byte for byte. A header may carry several signatures and the service may know several
 * secrets, so that a secret can be exchanged without a gap; one pair that matches is enough.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { ErrorCode } from "../domain/error-codes.ts";

/** How far the time of an attempt may lie from the service's clock, either way. */
export const TOLERANCE_S = 5 * 60;

/** What is signed beside the body, as the headers have it. */
export interface WebhookAttempt {
  readonly id: string;
  /** Seconds since 1970, in decimal digits. */
  readonly timestamp: string;
}

export type Verification =
  | { readonly type: "genuine"; readonly webhookId: string }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly detail: string };

/** A dot in the id or in the time would let somebody move the borders between the parts that are signed. */
const ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;
const TIMESTAMP = /^[1-9]\d{0,11}$/;
const SYMMETRIC = "v1,";

/** The signature under one secret, with its version, as it stands in the header `webhook-signature`. */
export function signWebhook(secret: Uint8Array, { id, timestamp }: WebhookAttempt, body: Uint8Array): string {
  const hmac = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body);
  return `${SYMMETRIC}${hmac.digest("base64")}`;
}

/** Whether somebody who knows one of the secrets sent exactly these bytes, a moment ago. */
export function verifyWebhook(
  request: { readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: Uint8Array },
  secrets: readonly Uint8Array[],
  nowMs: number,
): Verification {
  const { headers, body } = request;
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (typeof id !== "string" || !ID.test(id)) return unsigned("webhook-id");
  if (typeof timestamp !== "string" || !TIMESTAMP.test(timestamp)) return unsigned("webhook-timestamp");
  if (typeof signatures !== "string" || signatures === "") return unsigned("webhook-signature");
  const ageS = Math.floor(nowMs / 1_000) - Number(timestamp);
  if (Math.abs(ageS) > TOLERANCE_S) {
    const where = ageS > 0 ? `${ageS} s ago` : `${-ageS} s ahead of this service's clock`;
    return refused("webhook_stale", `The webhook was signed ${where}; at most ${TOLERANCE_S} s are taken.`);
  }
  const expected = secrets.map((secret) => signWebhook(secret, { id, timestamp }, body));
  if (!someMatch(signatures.split(" "), expected)) {
    return refused("webhook_signature_invalid", "No signature of the header webhook-signature fits the body.");
  }
  return { type: "genuine", webhookId: id };
}

/** Compares every pair, in a time that tells nothing about where they differ or which secret fits. */
function someMatch(given: readonly string[], expected: readonly string[]): boolean {
  let matches = 0;
  for (const signature of given) {
    for (const genuine of expected) matches += areEqual(signature, genuine) ? 1 : 0;
  }
  return matches > 0;
}

/** Only lengths differ in time, and the length of a genuine signature is no secret. */
function areEqual(signature: string, genuine: string): boolean {
  const [a, b] = [Buffer.from(signature), Buffer.from(genuine)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function unsigned(header: string): Verification {
  return refused("webhook_unsigned", `The header ${header} is missing or malformed.`);
}

function refused(code: ErrorCode, detail: string): Verification {
  return { type: "refused", code, detail };
}

/**
 * The session of the console: a cookie that names a key, when it ends, and carries a seal that only processes with the
 * same secret can make. Whether the key is still good is asked at each request, and not here.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { OperatorSession } from "../../actors/operator-access.ts";

export interface SessionSeal {
  /** The cookie's value. */
  seal(session: OperatorSession): string;
  /** The session of a cookie; null for anything that `seal` did not make. */
  open(token: string): OperatorSession | null;
}

const COOKIE = "orderloom_session";
const TOKEN = /^([0-9a-f-]{36})\.([0-9a-f]{12})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/;
const KEY_BYTES = 32;

/** Seals with HMAC-SHA256 under a key of its own, derived from a secret that the processes share. */
export function createSessionSeal(secret: Uint8Array): SessionSeal {
  const key = new Uint8Array(hkdfSync("sha256", secret, "", "orderloom operator session", KEY_BYTES));
  const macOf = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    seal({ sessionId, keyId, expiresAtMs }) {
      const text = `${sessionId}.${keyId}.${expiresAtMs}`;
      return `${text}.${macOf(text).toString("base64url")}`;
    },
    open(token) {
      const [, sessionId, keyId, expiresAt, mac] = TOKEN.exec(token) ?? [];
      if (sessionId === undefined || keyId === undefined || mac === undefined) return null;
      const expected = macOf(`${sessionId}.${keyId}.${expiresAt}`);
      const given = Buffer.from(mac, "base64url");
      // The last character of the seal has bits to spare, so only the exact spelling counts.
      const genuine =
        given.length === expected.length && given.toString("base64url") === mac && timingSafeEqual(given, expected);
      return genuine ? { sessionId, keyId, expiresAtMs: Number(expiresAt) } : null;
    },
  };
}

/** The token in a Cookie header; null when there is none. */
export function tokenOf(cookieHeader: string | undefined): string | null {
  for (const pair of cookieHeader?.split(";") ?? []) {
    const [name = "", value = ""] = pair.split("=", 2);
    if (name.trim() === COOKIE) return value.trim();
  }
  return null;
}

/** The Set-Cookie header that starts a session, or with an empty token ends it. */
export function sessionCookie(
  token: string,
  options: { readonly maxAgeS: number; readonly isSecure: boolean },
): string {
  const attributes = ["Path=/admin", "HttpOnly", "SameSite=Strict", `Max-Age=${options.maxAgeS}`];
  if (options.isSecure) attributes.push("Secure");
  return [`${COOKIE}=${token}`, ...attributes].join("; ");
}

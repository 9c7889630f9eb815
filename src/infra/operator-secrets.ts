/**
 * The secrets of operator keys. A secret is 256 random bits, so one round of SHA-256 keeps it: slow hashes protect what
 * people choose, and here there is nothing to guess that would be likelier than anything else.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { KeySecrets } from "../actors/operators.ts";

const KEY_ID_BYTES = 6;
const SECRET_BYTES = 32;

export const operatorSecrets: KeySecrets = {
  create() {
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    return { keyId: randomBytes(KEY_ID_BYTES).toString("hex"), secret, secretHash: hashOf(secret).toString("hex") };
  },
  matches(secret, secretHash) {
    const expected = Buffer.from(secretHash, "hex");
    const given = hashOf(secret);
    return expected.length === given.length && timingSafeEqual(expected, given);
  },
};

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** The secrets that webhooks are signed with, as Standard Webhooks writes them: `whsec_` and then the bytes in base64. */
const PREFIX = "whsec_";
/** The specification asks for at least 192 bits and at most 512. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** The bytes of each secret of a list with commas, in its order; null for one that is not a secret. */
export function readWebhookSecrets(list: string): readonly (Uint8Array | null)[] {
  return list.split(",").map((text) => readSecret(text.trim()));
}

function readSecret(text: string): Uint8Array | null {
  if (!text.startsWith(PREFIX)) return null;
  const base64 = text.slice(PREFIX.length).replace(/={1,2}$/, "");
  const bytes = Buffer.from(base64, "base64");
  // Decoding skips what is not base64, so only the exact spelling counts.
  const isExact = bytes.toString("base64").replace(/=+$/, "") === base64;
  return isExact && bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : null;
}

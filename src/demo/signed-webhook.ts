/** Signs what the demo tells as a payment provider, as Standard Webhooks 1.0.0 asks for. */
import { createHmac } from "node:crypto";
import { OperationalError } from "../actors/errors.ts";

/** @throws OperationalError `invalid_configuration` without a secret. */
export function signedHeaders(
  secret: Uint8Array | undefined,
  webhookId: string,
  body: string,
): Readonly<Record<string, string>> {
  if (secret === undefined) {
    const message = "Orders of the kind webhook need the secret of the service: set PAYMENT_WEBHOOK_SECRETS.";
    throw new OperationalError("invalid_configuration", message, { retryable: false });
  }
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac("sha256", secret).update(`${webhookId}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": webhookId, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

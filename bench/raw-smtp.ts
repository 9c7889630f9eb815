/**
 * A raw limit: how many confirmation mails a second the service's own mailer renders and sends to the sink when nothing
 * else is done. Arguments: the sink's URL and the seconds to measure.
 */
import type { ConfirmationMail } from "../src/actors/ports.ts";
import { createSmtpMailer } from "../src/infra/mail/smtp-mailer.ts";
import { systemClock } from "../src/infra/system-clock.ts";
import { endWithParent } from "./child.ts";
import { nowMs } from "./clock.ts";

const CONNECTIONS = 16;
const WARM_UP_MS = 1_000;

endWithParent();
const [url = "", seconds = "4"] = process.argv.slice(2);
const from = { name: "Orderloom", address: "orders@orderloom.example" };
const mailer = createSmtpMailer({ url, from, clock: systemClock, connections: CONNECTIONS });
let number = 0;

function nextMail(): ConfirmationMail {
  number += 1;
  return {
    kind: "confirmation",
    messageId: `<raw-${number}@orderloom.example>`,
    orderId: `raw-${number}`,
    customer: { name: "Ada Lovelace", email: `customer-${number}@example.com` },
    lines: [
      { sku: "margherita", name: "Pizza Margherita", quantity: 2, unitPriceMinor: 950 },
      { sku: "tiramisu", name: "Tiramisù", quantity: 1, unitPriceMinor: 610 },
    ],
    total: { amountMinor: 2_510, currency: "EUR" },
  };
}

/** Keeps every connection busy for a time; returns how many mails were accepted. */
async function send(forMs: number): Promise<number> {
  const endMs = nowMs() + forMs;
  let accepted = 0;
  const sender = async (): Promise<void> => {
    while (nowMs() < endMs) {
      const outcome = await mailer.send(nextMail());
      if (outcome.type !== "accepted") throw new Error(`the sink answered: ${outcome.response}`);
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  return accepted;
}

await send(WARM_UP_MS);
const cpuBefore = process.cpuUsage();
const startedAtMs = nowMs();
const mails = await send(Number(seconds) * 1_000);
const mailsPerS = (mails * 1_000) / (nowMs() - startedAtMs);
const { user, system } = process.cpuUsage(cpuBefore);
await mailer.stop();
process.stdout.write(`result ${JSON.stringify({ mailsPerS, cpuUsPerMail: (user + system) / mails, mails: number })}\n`);

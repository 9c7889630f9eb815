/** The command `orderloom generate orders`: sends made-up orders and says how it went. */
import { OperationalError } from "../actors/errors.ts";
import { createApiClient } from "./api-client.ts";
import type { RunSender } from "./generate.ts";
import { describeRun } from "./report.ts";
import { checkRun, type RunOptions } from "./run-options.ts";
import { sendRun } from "./send-run.ts";

/**
 * Sends through the public API unless `connect` opens another way in.
 * @throws OperationalError when the service cannot be reached, or did not take all that it was sent.
 */
export async function runGenerate(
  options: RunOptions,
  connect: (options: RunOptions) => RunSender | Promise<RunSender> = connectToApi,
): Promise<void> {
  const run = checkRun(options);
  const { seed } = options;
  const client = await connect(options);
  try {
    const summary = await sendRun(client, { ...options, run }, () => {});
    process.stdout.write(`${describeRun({ seed, run, retries: client.retries(), summary })}\n`);
    if (summary.failed > 0) {
      const message = `The service refused a part of ${summary.failed} orders, among them ${summary.failures.join("; ")}`;
      throw new OperationalError("unexpected_answer", message, { retryable: false });
    }
  } finally {
    await client.close();
  }
}

function connectToApi({ url, concurrency, signal, webhookSecret }: RunOptions): RunSender {
  return createApiClient({ url, connections: concurrency, webhookSecret, ...(signal === undefined ? {} : { signal }) });
}

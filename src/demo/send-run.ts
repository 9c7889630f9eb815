/** Plans a run against a service's catalogue and sends it, showing how far it has come. */
import { type GenerateSummary, generate, type RunSender, type SentOrder } from "./generate.ts";
import { createProgress } from "./progress.ts";
import type { RunOptions } from "./run-options.ts";

export async function sendRun(
  client: RunSender,
  options: RunOptions & { readonly run: string },
  onSent: (sent: SentOrder) => void,
): Promise<GenerateSummary> {
  const { limit, seed, run, mix, rate, everyMs, concurrency, quiet, signal, deadlines } = options;
  const paymentWindowMs = deadlines?.paymentWindowMs;
  const catalogue = await client.catalogue();
  // Loaded when it is needed: the data of the generator takes longer to load than the whole service.
  const { planOrders } = await import("./plan.ts");
  const progress = createProgress({ label: "orders sent", quiet });
  let done = 0;
  try {
    return await generate({
      client,
      plan: planOrders({
        ...{ limit, seed, run, mix, catalogue },
        ...(paymentWindowMs === undefined ? {} : { paymentWindowMs }),
      }),
      pace: { rate, everyMs },
      concurrency,
      ...(signal === undefined ? {} : { signal }),
      onSent(sent) {
        done += 1;
        progress.update(done, limit);
        onSent(sent);
      },
    });
  } finally {
    progress.stop();
  }
}

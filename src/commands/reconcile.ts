/**
 * `orderloom reconcile`: compares everything in the stores with everything else. It reads alone, so that it can be run
 * beside the service: the embedded store lets others read while one process writes.
 */
import { LETTERS_VIEW } from "../actors/dead-letter-documents.ts";
import { OperationalError } from "../actors/errors.ts";
import { type Reconciliation, reconcile as reconcileStores } from "../actors/reconcile.ts";
import { DESK_VIEW, ORDERS_VIEW, TIMERS_VIEW, WEBHOOKS_VIEW } from "../actors/views.ts";
import { createProgress } from "../demo/progress.ts";
import { type Config, loadConfig } from "../infra/config.ts";
import { systemClock } from "../infra/system-clock.ts";
import { messageCodec } from "../schemas/inbox-messages.ts";
import { describeReconciliation, reconciliationDocument } from "./reconcile-text.ts";
import { withReadableStores } from "./with-stores.ts";

const COMPARED_VIEWS = [ORDERS_VIEW, TIMERS_VIEW, WEBHOOKS_VIEW, DESK_VIEW, LETTERS_VIEW].map(({ name }) => name);

/**
 * Prints what it found.
 * @throws OperationalError `reconciliation_differs` after that, when anything is unexplained.
 */
export async function reconcile({ json, quiet }: { json: boolean; quiet: boolean }): Promise<void> {
  const report = await reconcileInstallation(loadConfig(process.env), { quiet });
  process.stdout.write(
    json ? `${JSON.stringify(reconciliationDocument(report), null, 2)}\n` : `${describeReconciliation(report)}\n`,
  );
  if (report.unexplained === 0) return;
  const message = `${report.unexplained} discrepancies are not explained; they are listed above.`;
  throw new OperationalError("reconciliation_differs", message, { retryable: false });
}

/** Compares the stores of an installation, with progress on standard error. */
export function reconcileInstallation(settings: Config, { quiet }: { quiet: boolean }): Promise<Reconciliation> {
  return withReadableStores(settings, COMPARED_VIEWS, async ({ stores }) => {
    const { log, eventStore, viewStore, ledger, missingIndexes } = stores;
    const progress = createProgress({ label: "commits compared", quiet });
    try {
      return await reconcileStores({
        log,
        eventStore,
        viewStore,
        ledger,
        missingIndexes,
        codec: messageCodec,
        clock: systemClock,
        shards: settings.SHARDS,
        onProgress: progress.update,
      });
    } finally {
      progress.stop();
    }
  });
}

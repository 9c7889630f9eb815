/**
 * `orderloom reconcile`: compares everything in the stores with everything else. It reads alone, so that it can be run
 * beside the service: the embedded store lets others read while one process writes.
 */
import { OperationalError } from "../actors/errors.ts";
import { type Reconciliation, reconcile as reconcileStores } from "../actors/reconcile.ts";
import { createProgress } from "../demo/progress.ts";
import { hasData, openEmbeddedForReading } from "../embedded-stores.ts";
import { type Config, loadConfig, usesEngines } from "../infra/config.ts";
import { createLogger } from "../infra/logger.ts";
import { createMetrics } from "../infra/metrics.ts";
import { systemClock } from "../infra/system-clock.ts";
import { openStores } from "../open-stores.ts";
import type { StoreEvents, Stores } from "../stores.ts";
import { describeReconciliation, reconciliationDocument } from "./reconcile-text.ts";

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
export async function reconcileInstallation(settings: Config, { quiet }: { quiet: boolean }): Promise<Reconciliation> {
  const { log, eventStore, viewStore, ledger, stop } = await openForReading(settings);
  const progress = createProgress({ label: "commits compared", quiet });
  try {
    return await reconcileStores({
      log,
      eventStore,
      viewStore,
      ledger,
      clock: systemClock,
      shards: settings.SHARDS,
      onProgress: progress.update,
    });
  } finally {
    progress.stop();
    await stop();
  }
}

async function openForReading(
  settings: Config,
): Promise<Pick<Stores, "log" | "eventStore" | "viewStore" | "ledger" | "stop">> {
  const logger = createLogger(settings.LOG_LEVEL);
  const on: StoreEvents = {
    crash(error) {
      throw error;
    },
    retriedError: (error) => logger.warn({ err: error }),
  };
  if (usesEngines(settings)) return openStores(settings, createMetrics(systemClock.nowMs).engines, on);
  if (hasData(settings.DATA_DIR)) return openEmbeddedForReading(settings, on);
  const message = `There is no data in ${settings.DATA_DIR}: set DATA_DIR to the folder of the service.`;
  throw new OperationalError("invalid_configuration", message, { retryable: false });
}

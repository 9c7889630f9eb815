/** Opens the stores of an installation for a command, and closes them whatever becomes of it. */
import { OperationalError } from "../actors/errors.ts";
import { hasData } from "../embedded-stores.ts";
import { type Config, loadConfig, usesEngines } from "../infra/config.ts";
import { createLogger } from "../infra/logger.ts";
import { createMetrics, type Metrics } from "../infra/metrics.ts";
import { systemClock } from "../infra/system-clock.ts";
import { openStores } from "../open-stores.ts";
import type { Stores } from "../stores.ts";

export interface CommandContext {
  readonly settings: Config;
  readonly stores: Stores;
  readonly metrics: Metrics;
}

/**
 * Runs a command on the stores that the environment names.
 * @throws OperationalError `invalid_configuration` where the embedded store was never used: a command must not create one.
 */
export async function withStores(run: (context: CommandContext) => Promise<void>): Promise<void> {
  const settings = loadConfig(process.env);
  if (!usesEngines(settings) && !hasData(settings.DATA_DIR)) {
    const message = `There is no data in ${settings.DATA_DIR}: set DATA_DIR to the folder of the service.`;
    throw new OperationalError("invalid_configuration", message, { retryable: false });
  }
  const logger = createLogger(settings.LOG_LEVEL);
  const metrics = createMetrics(systemClock.nowMs);
  const stores = await openStores(settings, metrics.engines, {
    crash(error) {
      throw error;
    },
    retriedError: (error) => logger.warn({ err: error }),
  });
  try {
    await run({ settings, stores, metrics });
  } finally {
    await stores.stop();
  }
}

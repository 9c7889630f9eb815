/** Opens the stores of an installation for a command, and closes them whatever becomes of it. */
import { requireData } from "../embedded-stores.ts";
import { type Config, loadConfig, usesEngines } from "../infra/config.ts";
import { createLogger } from "../infra/logger.ts";
import { createMetrics, type Metrics } from "../infra/metrics.ts";
import { systemClock } from "../infra/system-clock.ts";
import { openForReading, openStores } from "../open-stores.ts";
import type { ReadableStores, StoreEvents, Stores } from "../stores.ts";

export interface CommandContext {
  readonly settings: Config;
  readonly stores: Stores;
  readonly metrics: Metrics;
}

export interface ReadingContext {
  readonly settings: Config;
  readonly stores: ReadableStores;
}

/**
 * Runs a command on the stores that the environment names.
 * @throws OperationalError `invalid_configuration` where the embedded store was never used: a command must not create one.
 */
export async function withStores(run: (context: CommandContext) => Promise<void>): Promise<void> {
  const settings = loadConfig(process.env);
  if (!usesEngines(settings)) requireData(settings.DATA_DIR);
  const metrics = createMetrics(systemClock.nowMs);
  const stores = await openStores(settings, metrics.engines, toldBy(settings));
  try {
    await run({ settings, stores, metrics });
  } finally {
    await stores.stop();
  }
}

/**
 * Runs a command that only looks, beside whatever else runs there. It creates nothing.
 * @param views the views that the command reads.
 * @throws OperationalError `not_prepared` naming what is missing on the engines, or `invalid_configuration`.
 */
export async function withReadableStores<Result>(
  settings: Config,
  views: readonly string[],
  run: (context: ReadingContext) => Promise<Result>,
): Promise<Result> {
  const { engines } = createMetrics(systemClock.nowMs);
  const stores = await openForReading(settings, engines, toldBy(settings), views);
  try {
    return await run({ settings, stores });
  } finally {
    await stores.stop();
  }
}

function toldBy(settings: Config): StoreEvents {
  const logger = createLogger(settings.LOG_LEVEL);
  return {
    crash(error) {
      throw error;
    },
    retriedError: (error) => logger.warn({ err: error }),
  };
}

/** Opens the log and the stores that the settings ask for. */
import { openEmbeddedForReading, openEmbeddedStores, requireData } from "./embedded-stores.ts";
import { type Config, usesEngines } from "./infra/config.ts";
import type { EngineMetrics } from "./infra/engine-metrics.ts";
import type { ReadableStores, StoreEvents, Stores } from "./stores.ts";

/** @throws OperationalError when they cannot be opened, with what to do about it. */
export async function openStores(config: Config, metrics: EngineMetrics, on: StoreEvents): Promise<Stores> {
  if (!usesEngines(config)) return openEmbeddedStores(config, on);
  // The engines' clients are large, and the embedded default starts without them.
  const { openEngineStores } = await import("./engine-stores.ts");
  return openEngineStores(config, metrics, on);
}

/**
 * Opens them for a command that only looks: beside the service, and without creating anything.
 * @param views the views that the command reads.
 * @throws OperationalError `not_prepared` naming what is missing, or what `openStores` throws.
 */
export async function openForReading(
  config: Config,
  metrics: EngineMetrics,
  on: StoreEvents,
  views: readonly string[],
): Promise<ReadableStores> {
  if (!usesEngines(config)) {
    requireData(config.DATA_DIR);
    return openEmbeddedForReading(config, on);
  }
  const { openEnginesForReading } = await import("./engine-stores.ts");
  return openEnginesForReading(config, metrics, on, views);
}

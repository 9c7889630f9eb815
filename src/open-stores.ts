/** Opens the log and the stores that the settings ask for. */
import { openEmbeddedStores } from "./embedded-stores.ts";
import { type Config, usesEngines } from "./infra/config.ts";
import type { EngineMetrics } from "./infra/engine-metrics.ts";
import type { StoreEvents, Stores } from "./stores.ts";

/** @throws OperationalError when they cannot be opened, with what to do about it. */
export async function openStores(config: Config, metrics: EngineMetrics, on: StoreEvents): Promise<Stores> {
  if (!usesEngines(config)) return openEmbeddedStores(config, on);
  // The engines' clients are large, and the embedded default starts without them.
  const { openEngineStores } = await import("./engine-stores.ts");
  return openEngineStores(config, metrics, on);
}

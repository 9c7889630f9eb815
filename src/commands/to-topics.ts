/** `--to topics`: sends made-up orders straight to the topics of the installation that the environment names. */
import { OperationalError } from "../actors/errors.ts";
import type { RunSender } from "../demo/generate.ts";
import type { RunOptions } from "../demo/run-options.ts";
import { createTopicSender } from "../demo/topic-sender.ts";
import { loadCatalogue } from "../infra/catalogue-file.ts";
import { loadConfig } from "../infra/config.ts";
import { createLogger } from "../infra/logger.ts";
import { createMetrics } from "../infra/metrics.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";

export const FORMATS = ["json", "avro"] as const;
export type Format = (typeof FORMATS)[number];

/**
 * Opens the way to the topics.
 * @throws OperationalError `invalid_configuration` without REDPANDA_BROKERS, or for Avro without SCHEMA_REGISTRY_URL;
 * `not_prepared` or `topics_differ` when the topics are not those of a service with these settings.
 */
export async function connectToTopics(format: Format, { signal }: Pick<RunOptions, "signal">): Promise<RunSender> {
  const settings = loadConfig(process.env);
  const { REDPANDA_BROKERS, SCHEMA_REGISTRY_URL: url, TOPIC_PREFIX: topicPrefix = "" } = settings;
  if (REDPANDA_BROKERS === undefined) throw missing("REDPANDA_BROKERS", "--to topics sends to the brokers");
  if (format === "avro" && url === undefined) throw missing("SCHEMA_REGISTRY_URL", "Avro needs a registry");
  const { metrics, logger } = { metrics: createMetrics(systemClock.nowMs).engines, logger: createLogger("warn") };
  const [{ openEngineLogForSending }, { createMessageRecords }] = await Promise.all([
    import("../engine-stores.ts"),
    import("../infra/avro/message-records.ts"),
  ]);
  const log = await openEngineLogForSending(settings, metrics, {
    crash(error) {
      throw error;
    },
    retriedError: (error) => logger.warn({ err: error }),
  });
  const registry = { clock: systemClock, random: systemRandom, metrics, topicPrefix };
  return createTopicSender({
    produce: (records) => log.produce(records),
    ...(format === "avro" ? { encode: await createMessageRecords({ ...registry, url: url ?? "" }) } : {}),
    catalogue: loadCatalogue(settings.CATALOGUE_FILE),
    close: () => log.stop(),
    ...(signal === undefined ? {} : { signal }),
  });
}

function missing(name: string, why: string): OperationalError {
  return new OperationalError("invalid_configuration", `${why}: set ${name}.`, { retryable: false });
}

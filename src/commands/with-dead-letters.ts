/**
 * Opens the desk of dead letters for a command: that of a running service where its address is given, else the one on the
 * stores. The embedded store belongs to one process, so there the service must be stopped.
 */
import type { DeadLetterDesk } from "../actors/dead-letter-desk.ts";
import { LETTERS_VIEW } from "../actors/dead-letter-documents.ts";
import type { DeadLetterLookup } from "../actors/dead-letter-lookup.ts";
import { activeLetterVersion, createDeadLetterReader } from "../actors/dead-letter-view.ts";
import type { Operator } from "../actors/operators.ts";
import { createOwnedShards } from "../actors/owned-shards.ts";
import { deadLetterDeskOf, deadLetterLookupOf } from "../dead-letter-desk-of.ts";
import { loadCatalogue } from "../infra/catalogue-file.ts";
import { loadConfig, usesEngines } from "../infra/config.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";
import { atStores, operatorOfMachine } from "./at-stores.ts";
import { createRemoteDeadLetters } from "./remote-dead-letters.ts";
import { type CommandContext, withReadableStores } from "./with-stores.ts";

/** In a running service it is the key that says who asks. */
const HOLDER_OF_KEY: Operator = { keyId: "", name: "", role: "viewer" };

/** Runs a command on the desk, as the operator who answers for it. */
export async function withDeadLetters(
  url: string | undefined,
  run: (desk: DeadLetterDesk, operator: Operator) => Promise<void>,
): Promise<void> {
  if (url !== undefined) return run(createRemoteDeadLetters(url), HOLDER_OF_KEY);
  await atStores(async (context, operator) => {
    const { settings, stores } = context;
    if (stores.exclusive) await catchUp(context);
    await run(deadLetterDeskOf(stores, settings, loadCatalogue(settings.CATALOGUE_FILE)), operator);
  });
}

/**
 * Runs a command that only looks. On the engines it opens the stores for that alone; the embedded store belongs to one process,
 * which brings the view to where the topic is first.
 */
export async function withDeadLetterLookup(
  url: string | undefined,
  run: (lookup: DeadLetterLookup, operator: Operator) => Promise<void>,
): Promise<void> {
  const settings = loadConfig(process.env);
  if (url !== undefined || !usesEngines(settings)) return withDeadLetters(url, run);
  const catalogue = loadCatalogue(settings.CATALOGUE_FILE);
  await withReadableStores(settings, [LETTERS_VIEW.name], ({ stores }) =>
    run(deadLetterLookupOf(stores, settings, catalogue), operatorOfMachine()),
  );
}

/** Brings the view to where the topic is: no service does it now. */
async function catchUp({ settings, stores, metrics }: CommandContext): Promise<void> {
  const reader = createDeadLetterReader({
    log: stores.log,
    viewStore: stores.viewStore,
    version: await activeLetterVersion(stores.viewStore),
    shards: createOwnedShards(Array.from({ length: settings.SHARDS }, (_, shard) => shard)),
    clock: systemClock,
    random: systemRandom,
    metrics: metrics.pipeline,
  });
  await reader.runToEnd();
}

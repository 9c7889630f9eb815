/**
 * Opens the desk of dead letters for a command: that of a running service where its address is given, else the one on the
 * stores. The embedded store belongs to one process, so there the service must be stopped.
 */
import type { DeadLetterDesk } from "../actors/dead-letter-desk.ts";
import { activeLetterVersion, createDeadLetterReader } from "../actors/dead-letter-view.ts";
import type { Operator } from "../actors/operators.ts";
import { createOwnedShards } from "../actors/owned-shards.ts";
import { deadLetterDeskOf } from "../dead-letter-desk-of.ts";
import { loadCatalogue } from "../infra/catalogue-file.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";
import { atStores } from "./at-stores.ts";
import { createRemoteDeadLetters } from "./remote-dead-letters.ts";
import type { CommandContext } from "./with-stores.ts";

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

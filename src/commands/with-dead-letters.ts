/**
 * Opens the desk of dead letters for a command: that of a running service where its address is given, else the one on the
 * stores. The embedded store belongs to one process, so there the service must be stopped.
 */
import { userInfo } from "node:os";
import type { DeadLetterDesk } from "../actors/dead-letter-desk.ts";
import { activeLetterVersion, createDeadLetterReader } from "../actors/dead-letter-view.ts";
import { OperationalError } from "../actors/errors.ts";
import type { Operator } from "../actors/operators.ts";
import { createOwnedShards } from "../actors/owned-shards.ts";
import { deadLetterDeskOf } from "../dead-letter-desk-of.ts";
import { loadCatalogue } from "../infra/catalogue-file.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";
import { createRemoteDeadLetters } from "./remote-dead-letters.ts";
import { type CommandContext, withStores } from "./with-stores.ts";

/** Runs a command on the desk, as the operator who answers for it. */
export async function withDeadLetters(
  url: string | undefined,
  run: (desk: DeadLetterDesk, operator: Operator) => Promise<void>,
): Promise<void> {
  // Whoever may open the stores may do everything; the audit says by which account of the machine.
  const operator: Operator = { keyId: "command-line", name: userInfo().username, role: "operator" };
  if (url !== undefined) {
    await run(createRemoteDeadLetters(addressOf(url), keyOf(process.env)), operator);
    return;
  }
  await withStores(async (context) => {
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

function addressOf(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new OperationalError("invalid_configuration", `${url} is not an address: say --url http://host:port.`, {
    retryable: false,
  });
}

function keyOf({ ORDERLOOM_KEY: key }: NodeJS.ProcessEnv): string {
  if (key !== undefined && /^[\x21-\x7e]+$/.test(key)) return key;
  const message = "With --url an operator's key is needed: set ORDERLOOM_KEY.";
  throw new OperationalError("invalid_configuration", message, { retryable: false });
}

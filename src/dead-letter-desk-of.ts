/** The desk of dead letters on the stores of a process: what the service and the command line share. */
import { createDeadLetterDesk, type DeadLetterDesk } from "./actors/dead-letter-desk.ts";
import { createDeadLetterLookup, type DeadLetterLookup } from "./actors/dead-letter-lookup.ts";
import type { Catalogue } from "./domain/catalogue.ts";
import type { Config } from "./infra/config.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { messageCodec } from "./schemas/inbox-messages.ts";
import type { ReadableStores, Stores } from "./stores.ts";

type Settings = Pick<Config, "SHARDS" | "PAYMENT_WINDOW_S">;

export function deadLetterDeskOf(stores: Stores, settings: Settings, catalogue: Catalogue): DeadLetterDesk {
  const { actLog, log, viewStore } = stores;
  const deps = { ...lookupDeps(stores, settings, catalogue), log, viewStore, actLog, random: systemRandom };
  return createDeadLetterDesk(deps);
}

/** The part of the desk that only looks. */
export function deadLetterLookupOf(stores: ReadableStores, settings: Settings, catalogue: Catalogue): DeadLetterLookup {
  return createDeadLetterLookup(lookupDeps(stores, settings, catalogue));
}

function lookupDeps(
  { log, eventStore, viewStore }: Pick<ReadableStores, "log" | "eventStore" | "viewStore">,
  { SHARDS: shards, PAYMENT_WINDOW_S }: Settings,
  catalogue: Catalogue,
) {
  return {
    log,
    eventStore,
    viewStore,
    codec: messageCodec,
    clock: systemClock,
    terms: { catalogue, paymentWindowMs: PAYMENT_WINDOW_S * 1_000 },
    shards,
  };
}

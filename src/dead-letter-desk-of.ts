/** The desk of dead letters on the stores of a process: what the service and the command line share. */
import { createDeadLetterDesk, type DeadLetterDesk } from "./actors/dead-letter-desk.ts";
import type { Catalogue } from "./domain/catalogue.ts";
import type { Config } from "./infra/config.ts";
import { systemClock, systemRandom } from "./infra/system-clock.ts";
import { decodeMessage, encodeMessage } from "./schemas/inbox-messages.ts";
import type { Stores } from "./stores.ts";

export function deadLetterDeskOf(
  { log, eventStore, viewStore, actLog }: Stores,
  { SHARDS: shards, PAYMENT_WINDOW_S }: Pick<Config, "SHARDS" | "PAYMENT_WINDOW_S">,
  catalogue: Catalogue,
): DeadLetterDesk {
  return createDeadLetterDesk({
    log,
    eventStore,
    viewStore,
    actLog,
    codec: { decode: decodeMessage, encode: encodeMessage },
    clock: systemClock,
    random: systemRandom,
    terms: { catalogue, paymentWindowMs: PAYMENT_WINDOW_S * 1_000 },
    shards,
  });
}

/** `orderloom rebuild`: makes again what follows from the stored events. */
import { PAYMENT_DESK } from "../actors/payment-desk.ts";
import { PUBLISHER } from "../actors/publisher.ts";
import { rebuildOrdersView } from "../actors/rebuild.ts";
import { rebuildDeadLetters } from "../actors/rebuild-dead-letters.ts";
import { createProgress } from "../demo/progress.ts";
import { systemClock, systemRandom } from "../infra/system-clock.ts";
import { withStores } from "./with-stores.ts";

/** Rebuilds a view, or lets the next start make the payment desk or publish every event again. */
export function rebuild(what: string, { quiet }: { quiet: boolean }): Promise<void> {
  return withStores(async ({ settings, stores, metrics }) => {
    if (what === PUBLISHER) {
      await stores.viewStore.resetCheckpoint(PUBLISHER);
      process.stdout.write("The next start publishes every stored event again, each under the id it had.\n");
      return;
    }
    if (what === "dead-letters") {
      const letters = createProgress({ label: "records", quiet });
      const version = await rebuildDeadLetters({
        log: stores.log,
        viewStore: stores.viewStore,
        clock: systemClock,
        random: systemRandom,
        metrics: metrics.pipeline,
        shards: settings.SHARDS,
        onProgress: (done, total) => letters.update(done, total),
      });
      letters.stop();
      process.stdout.write(`The view of dead letters was rebuilt and is now version ${version}.\n`);
      return;
    }
    if (what === PAYMENT_DESK) {
      await stores.viewStore.resetCheckpoint(PAYMENT_DESK);
      process.stdout.write("The next start makes the payment desk again from every stored event.\n");
      return;
    }
    const progress = createProgress({ label: "commits", quiet });
    const version = await rebuildOrdersView({
      eventStore: stores.eventStore,
      viewStore: stores.viewStore,
      clock: systemClock,
      random: systemRandom,
      metrics: metrics.pipeline,
      shards: settings.SHARDS,
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.stop();
    process.stdout.write(`The orders view was rebuilt and is now version ${version}.\n`);
  });
}

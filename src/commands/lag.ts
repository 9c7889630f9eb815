/** `orderloom lag`: who has which shard, and how far everything is behind. */
import { readLagReport } from "../actors/lag-report.ts";
import { renderTable } from "../demo/table.ts";
import { loadConfig } from "../infra/config.ts";
import { systemClock } from "../infra/system-clock.ts";
import { withReadableStores } from "./with-stores.ts";

/** Prints a row for each group and shard; without `all` only those that have an owner or are behind. */
export function lag({ json, all }: { json: boolean; all: boolean }): Promise<void> {
  return withReadableStores(loadConfig(process.env), [], async ({ settings, stores }) => {
    const rows = await readLagReport({
      log: stores.log,
      eventStore: stores.eventStore,
      viewStore: stores.viewStore,
      group: settings.CONSUMER_GROUP,
      shards: settings.SHARDS,
      nowMs: systemClock.nowMs(),
    });
    if (json) {
      process.stdout.write(`${JSON.stringify({ lag: rows }, null, 2)}\n`);
      return;
    }
    const shown = rows.filter(({ owner, records }) => all || owner !== null || records > 0);
    const cells = shown.map(({ group, shard, owner, records, seconds }) => [
      group,
      shard,
      owner ?? "-",
      records,
      seconds === null ? "unknown" : seconds.toFixed(1),
    ]);
    const behind = rows.reduce((sum, { records }) => sum + records, 0);
    const table =
      shown.length === 0 ? "" : `${renderTable(["group", "shard", "owner", "records", "seconds"], cells)}\n`;
    process.stdout.write(`${table}${behind === 0 ? "Nothing is behind." : `${behind} are behind.`}\n`);
  });
}

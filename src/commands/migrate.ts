/** `orderloom migrate`: creates or checks what the log and the stores need, and says what it found. */
import { activeLetterVersion } from "../actors/dead-letter-view.ts";
import { activeOrdersVersion } from "../actors/pipeline.ts";
import { withStores } from "./with-stores.ts";

/** Opening the stores prepares all but their views; running it again changes nothing. */
export function migrate(): Promise<void> {
  return withStores(async ({ stores: { viewStore, prepared } }) => {
    const orders = await activeOrdersVersion(viewStore);
    const letters = await activeLetterVersion(viewStore);
    const views = `version ${orders} of the orders view and version ${letters} of the view of dead letters`;
    process.stdout.write(`${[...prepared, views, "Everything is in place."].join("\n")}\n`);
  });
}

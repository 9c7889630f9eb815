/** `orderloom migrate`: creates or checks what the log and the stores need, and says what it found. */
import { withStores } from "./with-stores.ts";

/** Opening the stores prepares them; running it again changes nothing. */
export function migrate(): Promise<void> {
  return withStores(async ({ stores }) => {
    process.stdout.write(`${[...stores.prepared, "Everything is in place."].join("\n")}\n`);
  });
}

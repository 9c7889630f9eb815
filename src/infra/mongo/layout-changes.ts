/** Changes of collections and indexes, which processes that start at the same time make side by side. */
import { OperationalError } from "../../actors/errors.ts";
import { isTransient } from "./mongo-errors.ts";
import type { Requests } from "./requests.ts";

const MAX_ATTEMPTS = 10;

/**
 * Makes a change that bears a repeat; again when another process that does the same got in its way, which some stores
 * tell by ending one of the two.
 */
export async function changeLayout(requests: Requests, change: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await requests.write("admin", change);
      return;
    } catch (error) {
      const isInTheWay = error instanceof OperationalError && isTransient(error.cause);
      if (!isInTheWay || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

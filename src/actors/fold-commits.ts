/** An order as its stored commits leave it. */
import { evolve, NO_ORDER, type Order } from "../domain/order.ts";
import type { Commit } from "./ports.ts";

/** The state that commits lead to. */
export function foldCommits(commits: readonly Commit[]): Order {
  return commits.flatMap(({ events }) => events).reduce(evolve, NO_ORDER);
}

/** All planted defects, in the order in which they are tried. */
import { DOMAIN_GUARDS } from "./domain-guards.ts";
import { EFFECT_GUARDS } from "./effect-guards.ts";
import { LOG_GUARDS } from "./log-guards.ts";
import type { Mutant } from "./mutant.ts";
import { PEOPLE_GUARDS } from "./people-guards.ts";
import { READING_GUARDS } from "./reading-guards.ts";
import { RECONCILE_GUARDS } from "./reconcile-guards.ts";
import { SQLITE_GUARDS } from "./sqlite-guards.ts";
import { STORE_GUARDS } from "./store-guards.ts";
import { WORKER_GUARDS } from "./worker-guards.ts";

export const MUTANTS: readonly Mutant[] = [
  ...DOMAIN_GUARDS,
  ...WORKER_GUARDS,
  ...EFFECT_GUARDS,
  ...READING_GUARDS,
  ...STORE_GUARDS,
  ...SQLITE_GUARDS,
  ...LOG_GUARDS,
  ...PEOPLE_GUARDS,
  ...RECONCILE_GUARDS,
];

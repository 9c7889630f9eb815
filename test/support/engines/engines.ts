/**
 * The real engines that the tests of the project `engines` run against. Where they come from is decided once, before
 * the first of these tests (find-engines.ts); without them each of these suites is one skipped test that says why.
 */
import { describe, inject, test } from "vitest";
import { createControl, type EngineControl } from "./engine-control.ts";
import { ENGINE_VARIABLES, type Engines } from "./found-engines.ts";

const ALL = ["brokers", "mongoUrl", "registryUrl"] as const;

/** What a suite needs beyond the addresses of engines. */
export interface Needs<Name extends keyof Engines> {
  /** Which engines; all of them unless told. */
  readonly engines?: readonly Name[];
  /** At least so many brokers; 1 unless told. */
  readonly brokers?: number;
  /** True when the suite kills or pauses engines. */
  readonly control?: boolean;
}

/** All the engines; null when at least one is missing. */
export function engines(): Engines | null {
  const { addresses } = inject("engines");
  return ALL.every((name) => addresses[name] !== undefined) ? (addresses as Engines) : null;
}

/** Kills and pauses engines; null where they are somebody else's. */
export function engineControl(): EngineControl | null {
  return createControl(inject("engines").control);
}

/**
 * A suite that needs engines: `define` declares its tests and gets their addresses. Where something that it
 * needs is missing, the suite is one skipped test whose title says why.
 */
export function describeWithEngines<Name extends keyof Engines = keyof Engines>(
  title: string,
  define: (engines: Pick<Engines, Name>) => void,
  needs: Needs<Name> = {},
): void {
  const missing = whatIsMissing(needs);
  if (missing !== null) test.runIf(false)(`${title} (skipped: ${missing})`, () => {});
  else describe(title, () => define(inject("engines").addresses as Engines));
}

/** Why a suite cannot run; null when it can. */
function whatIsMissing(needs: Needs<keyof Engines>): string | null {
  const { addresses, control, reason } = inject("engines");
  const absent = (needs.engines ?? ALL).filter((name) => addresses[name] === undefined);
  if (absent.length > 0) return reason ?? `${absent.map((name) => ENGINE_VARIABLES[name]).join(" and ")} is not set`;
  const wanted = needs.brokers ?? 1;
  const brokers = addresses.brokers?.split(",").length ?? 0;
  if (brokers < wanted) return `it needs ${wanted} brokers and there are ${brokers}`;
  if (needs.control === true && control === null) return "it has to kill engines and ENGINES_CONTROL is not set";
  return null;
}

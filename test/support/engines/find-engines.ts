/**
 * Decides once, before the tests of the project `engines`, where the engines come from: the environment names them,
 * else Docker runs them for as long as the tests take, else the tests are skipped and this says so aloud.
 */
import type { TestProject } from "vitest/node";
import { dockerIsThere, startContainers } from "./containers.ts";
import { ENGINE_VARIABLES, type Engines, type FoundEngines } from "./found-engines.ts";

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = fromEnvironment();
  if (given !== null) {
    say(`they are those of the environment: ${Object.values(given.addresses).join(" ")}`);
    project.provide("engines", given);
    return undefined;
  }
  if (await dockerIsThere()) {
    say("Docker starts them");
    const { stop, ...found } = await startContainers();
    project.provide("engines", { ...found, reason: null });
    return stop;
  }
  const reason = `no engines: ${Object.values(ENGINE_VARIABLES).join(", ")} are not set and Docker does not run`;
  say(`the tests on real engines are SKIPPED, ${reason}`);
  project.provide("engines", { addresses: {}, control: null, reason });
  return undefined;
}

function fromEnvironment(): FoundEngines | null {
  const addresses: Partial<Record<keyof Engines, string>> = {};
  for (const name of Object.keys(ENGINE_VARIABLES) as (keyof Engines)[]) {
    const address = process.env[ENGINE_VARIABLES[name]];
    if (address) addresses[name] = address;
  }
  if (Object.keys(addresses).length === 0) return null;
  const command = process.env["ENGINES_CONTROL"];
  return { addresses, control: command ? { type: "command", command } : null, reason: null };
}

function say(what: string): void {
  process.stdout.write(`\nengines: ${what}\n`);
}

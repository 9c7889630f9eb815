/**
 * Faults of engines, for tests: a name is `kafka-1`, `kafka-2`, `kafka-3`, `mongo` or `registry`. Engines of the
 * environment are controlled by its command ENGINES_CONTROL, to which the verb and the name are added; engines in
 * containers through Docker.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const COMMAND_TIMEOUT_MS = 90_000;

export interface EngineControl {
  /** Ends the engine as a power failure would. Its data stays. */
  kill(name: string): Promise<void>;
  /** Starts it again after `kill`, at the same address. It may take a moment more until it answers. */
  start(name: string): Promise<void>;
  /** Freezes it: its connections stay open and nothing answers. */
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
}

/** How engines are controlled, as it can be handed from the setup to the tests. */
export type ControlDescription =
  | { readonly type: "command"; readonly command: string }
  | { readonly type: "containers"; readonly ids: Readonly<Record<string, string>> };

export function createControl(description: ControlDescription | null): EngineControl | null {
  if (description === null) return null;
  return description.type === "command" ? controlByCommand(description.command) : controlByDocker(description.ids);
}

function controlByCommand(command: string): EngineControl {
  const run = async (verb: string, name: string): Promise<void> => {
    // The command may hold arguments and quotes, so a shell takes it apart; verb and name are arguments of their own.
    const script = `${command} "$1" "$2"`;
    await promisify(execFile)("sh", ["-c", script, "engines", verb, name], { timeout: COMMAND_TIMEOUT_MS });
  };
  return {
    kill: (name) => run("kill", name),
    start: (name) => run("start", name),
    pause: (name) => run("pause", name),
    resume: (name) => run("resume", name),
  };
}

function controlByDocker(ids: Readonly<Record<string, string>>): EngineControl {
  const container = async (name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`no engine is called ${name}; there are ${Object.keys(ids).join(", ")}`);
    // Loaded only here: it takes seconds.
    const { getContainerRuntimeClient } = await import("testcontainers");
    return (await getContainerRuntimeClient()).container.getById(id);
  };
  return {
    kill: async (name) => void (await (await container(name)).kill()),
    start: async (name) => void (await (await container(name)).start()),
    pause: async (name) => void (await (await container(name)).pause()),
    resume: async (name) => void (await (await container(name)).unpause()),
  };
}

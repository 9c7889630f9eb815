/** docker-compose.yml as Compose reads it: anchors merged, variables replaced, what is only there to be shared left out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ComposeFile, ComposeService } from "./compose-shape.ts";
import { PROJECT_ROOT } from "./linters.ts";

/** `$$` is a dollar sign; `${NAME:-value}` is the value, as for a user who has set nothing. */
const VARIABLE = /\$(?:\$|\{[A-Z_]+:-([^}]*)\})/g;

/** The file, for a user whose environment has nothing that it asks for. Its shape is not checked. */
export function readCompose(): ComposeFile {
  const text = readFileSync(join(PROJECT_ROOT, "docker-compose.yml"), "utf8");
  const whole = parse(text, (_, value: unknown) => replaced(value), { merge: true }) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !key.startsWith("x-"))) as ComposeFile;
}

function replaced(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(VARIABLE, (whole, fallback?: string) => (whole === "$$" ? "$" : (fallback ?? "")));
}

/** A service of the file. */
export function composeService(name: string): ComposeService {
  const service = readCompose().services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** The environment that Compose gives a service, such as `api` or `worker`, so that other tests can run on its values. */
export function composeEnvironment(service: string): Record<string, string> {
  return { ...composeService(service).environment };
}

/** A path of the project, or a volume, and where a container sees it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export function mountsOf({ volumes = [] }: ComposeService): Mount[] {
  return volumes.map((volume) => {
    const [source = "", target = "", mode] = volume.split(":");
    return { source, target, isReadOnly: mode === "ro" };
  });
}

/** A port of this machine that leads into a container. */
export interface PublishedPort {
  readonly address: string;
  readonly port: number;
  readonly containerPort: number;
}

export function publishedPorts({ ports = [] }: ComposeService): PublishedPort[] {
  return ports.map((published) => {
    const [containerPort, port, ...address] = published.split(":").toReversed();
    return { address: address.join(":"), port: Number(port), containerPort: Number(containerPort) };
  });
}

/** A duration such as `25s` in milliseconds. */
export function durationMs(duration: string): number {
  const [, amount, unit = ""] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit];
  if (factor === undefined) throw new Error(`${duration} is not a duration`);
  return Number(amount) * factor;
}

/** Where the engines are, as the setup of the project `engines` found it and hands it to the tests. */
import type { ControlDescription } from "./engine-control.ts";

declare module "vitest" {
  export interface ProvidedContext {
    engines: FoundEngines;
  }
}

export interface Engines {
  /** Addresses of the Kafka-protocol brokers, separated by commas. */
  readonly brokers: string;
  readonly mongoUrl: string;
  readonly registryUrl: string;
}

/** The variables that tell where each engine is. */
export const ENGINE_VARIABLES = {
  brokers: "REDPANDA_BROKERS",
  mongoUrl: "MONGODB_URL",
  registryUrl: "SCHEMA_REGISTRY_URL",
} as const satisfies Record<keyof Engines, string>;

export interface FoundEngines {
  readonly addresses: Partial<Engines>;
  readonly control: ControlDescription | null;
  /** Why there are none; null when there are some. */
  readonly reason: string | null;
}

/** The key that a service on a new data folder prints at its first start, once, for its first operator. */
import { expect } from "vitest";
import type { ServiceProcess } from "./service-process.ts";

export const OPERATOR_KEY = /olk_[0-9a-f]{12}_[\w-]{43}/;

/** The first key in a text; fails the test when there is none. */
export function keyIn(text: string): string {
  return OPERATOR_KEY.exec(text)?.[0] ?? expect.unreachable(`there is no key in: ${text}`);
}

/** Waits until the service has printed its key. */
export async function firstKeyOf(service: Pick<ServiceProcess, "output">): Promise<string> {
  await expect.poll(() => service.output().stdout, { timeout: 20_000 }).toMatch(OPERATOR_KEY);
  return keyIn(service.output().stdout);
}

import { expect, test } from "vitest";
import { createRequests } from "../../../../src/infra/mongo/requests.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

const METRICS = { sent() {}, fetched() {}, inserted() {}, extraPartitions() {}, roundTrip() {} };

function start() {
  const clock = createManualClock();
  return { clock, requests: createRequests({ hosts: "a:1", metrics: METRICS, clock }) };
}

/** What the driver makes of a request whose connection is closed at the wrong moment. */
const forgotten = (): Promise<never> => new Promise(() => {});

test.each([
  ["read", "store_unavailable"],
  ["write", "outcome_unknown"],
] as const)("a %s that the driver never answers ends after a while", async (kind, code) => {
  const { clock, requests } = start();
  const outcome = expect(requests[kind]("update", forgotten)).rejects.toMatchObject({ code, retryable: true });
  expect(requests.pending()).toBe(1);
  await clock.advance(30_000);
  await outcome;
  expect(requests.pending()).toBe(0);
});

test("an answer that comes in time is the answer, and leaves no timer behind", async () => {
  const { requests } = start();
  expect(await requests.read("find", async () => 7)).toBe(7);
  expect(requests.pending()).toBe(0);
});

import { expect, test, vi } from "vitest";
import { createRequests } from "../../../../src/infra/mongo/requests.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

const METRICS = { sent() {}, fetched() {}, inserted() {}, extraPartitions() {}, roundTrip() {} };

function start() {
  const clock = createManualClock();
  const onSlow = vi.fn();
  return { clock, onSlow, requests: createRequests({ hosts: "a:1", metrics: METRICS, clock, onSlow }) };
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

test("a write that is slow is told of every two seconds until it ends; a read and a session's write are not", async () => {
  const { clock, onSlow, requests } = start();
  const unwatched = Promise.allSettled([requests.read("find", forgotten), requests.write("session", forgotten)]);
  await clock.advance(29_000);
  expect(onSlow).not.toHaveBeenCalled();
  const slow = expect(requests.write("update", forgotten)).rejects.toMatchObject({ code: "outcome_unknown" });
  await clock.advance(1_999);
  expect(onSlow).not.toHaveBeenCalled();
  await clock.advance(28_001);
  expect(onSlow).toHaveBeenCalledTimes(14);
  await clock.advance(60_000);
  expect(onSlow).toHaveBeenCalledTimes(14);
  await slow;
  expect((await unwatched).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

/** Which complaints of kafkajs are passed on, and how often. */
import { expect, test } from "vitest";
import { createComplaints } from "../../../../src/infra/redpanda/complaints.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

test("the same complaint is passed on once in 10 s, another one at once", async () => {
  const { clock, complain, said } = start();
  for (let i = 0; i < 19; i++) {
    complain("Connection error: connect ECONNREFUSED 127.0.0.1:9092");
    if (i === 5) complain("Connection timeout");
    await clock.advance(1_000);
  }
  expect(said).toEqual([
    "The message log: Connection error: connect ECONNREFUSED 127.0.0.1:9092. It is tried again; look at the brokers if it stays.",
    "The message log: Connection timeout. It is tried again; look at the brokers if it stays.",
    "The message log: Connection error: connect ECONNREFUSED 127.0.0.1:9092. It is tried again; look at the brokers if it stays.",
  ]);
});

test("what reaches a caller anyway is not passed on", () => {
  const { complain, said } = start();
  complain("Response Heartbeat(key: 12, version: 3)");
  complain("Failed to send messages: Request Produce(key: 0, version: 7) timed out");
  expect(said).toEqual([]);
});

function start() {
  const clock = createManualClock();
  const said: string[] = [];
  return {
    clock,
    said,
    complain: createComplaints({ clock, onError: (error) => said.push((error as Error).message) }),
  };
}

/** How long a process may believe that it is a member. */
import { expect, test } from "vitest";
import { createMembership } from "../../../../src/infra/redpanda/membership.ts";
import { createManualClock } from "../../../support/memory/manual-clock.ts";

test("membership lasts for the session timeout from when its last proof was sent, and no proof takes it back", async () => {
  const clock = createManualClock();
  const membership = createMembership({ clock, sessionTimeoutMs: 10_000 });
  expect(membership.isHeld()).toBe(false);
  const sentMs = clock.nowMs();
  await clock.advance(4_000);
  membership.prove(sentMs);
  expect(membership.isHeld()).toBe(true);
  await clock.advance(5_999);
  expect(membership.isHeld()).toBe(true);
  await clock.advance(1);
  expect(membership.isHeld()).toBe(false);
  membership.prove(clock.nowMs());
  membership.prove(sentMs);
  expect(membership.isHeld()).toBe(true);
});

test("an answer that waited while the process stood still proves nothing", async () => {
  const clock = createManualClock();
  const membership = createMembership({ clock, sessionTimeoutMs: 10_000 });
  const sentMs = clock.nowMs();
  await clock.advance(60_000);
  membership.prove(sentMs);
  expect(membership.isHeld()).toBe(false);
});

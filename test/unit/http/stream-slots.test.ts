import { describe, expect, test } from "vitest";
import { createStreamSlots } from "../../../src/http/stream-slots.ts";

const ADDRESS = "203.0.113.9";

describe("the slots for streams", () => {
  test("run out for the process", () => {
    const slots = createStreamSlots({ streams: 2, streamsPerAddress: 2 });
    slots.take("203.0.113.1");
    const second = slots.take("203.0.113.2");
    expect(() => slots.take("203.0.113.3")).toThrow(expect.objectContaining({ code: "too_many_streams" }));
    second.release();
    expect(() => slots.take("203.0.113.3")).not.toThrow();
  });

  test("run out for an address, and not for loopback", () => {
    const slots = createStreamSlots({ streams: 100, streamsPerAddress: 1 });
    slots.take(ADDRESS);
    expect(() => slots.take(ADDRESS)).toThrow(expect.objectContaining({ code: "rate_limited" }));
    for (const address of ["127.0.0.1", "127.0.0.1", "::1", "::1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"]) {
      expect(() => slots.take(address)).not.toThrow();
    }
  });

  test("come back once, however often they are released", () => {
    const slots = createStreamSlots({ streams: 2, streamsPerAddress: 2 });
    const first = slots.take(ADDRESS);
    slots.take(ADDRESS);
    first.release();
    first.release();
    slots.take(ADDRESS);
    expect(() => slots.take(ADDRESS)).toThrow();
  });

  test("end their streams when the service stops, even one that opens just then", () => {
    const slots = createStreamSlots({ streams: 9, streamsPerAddress: 9 });
    const ended: string[] = [];
    slots.take(ADDRESS).onStop(() => ended.push("open"));
    const late = slots.take(ADDRESS);
    slots.endAll();
    late.onStop(() => ended.push("late"));
    expect(ended).toEqual(["open", "late"]);
    expect(() => slots.take(ADDRESS)).toThrow(expect.objectContaining({ code: "stopping" }));
  });
});

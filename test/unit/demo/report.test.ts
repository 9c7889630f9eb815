import { describe, expect, test } from "vitest";
import { describeRun, describeScoreboard } from "../../../src/demo/report.ts";
import type { Scoreboard } from "../../../src/demo/scoreboard.ts";

const SCOREBOARD: Scoreboard = {
  kinds: [
    { kind: "normal", sent: 9, asExpected: 8, observed: { received: 1, emailed: 8 } },
    { kind: "mismatch", sent: 1, asExpected: 1, observed: { rejected: 1 } },
  ],
  money: [
    {
      ...{ currency: "EUR", paidMinor: 12_345, receivedMinor: 11_345, appliedMinor: 11_000, addsUp: false },
      ...{ refundDueMinor: 345, refundedMinor: 0, parkedMinor: 0 },
    },
  ],
  mails: { expected: 9, delivered: 8, missing: 1, surplus: 0, repeated: 0, explainedRepeats: 2 },
  differences: [{ orderId: "o-5", kind: "normal", problems: ["status: expected emailed, observed received"] }],
  unexplained: 2,
};

describe("describeScoreboard", () => {
  test("shows expected beside observed, the money, the mails, the differences and the count", () => {
    expect(describeScoreboard(SCOREBOARD)).toBe(
      [
        "orders    sent  expected              as expected  different  observed",
        "normal       9  emailed                         8          1  emailed 8, received 1",
        "mismatch     1  rejected, refund due            1          0  rejected 1",
        "",
        "money    paid  received  applied  refund due  refunded  parked  adds up",
        "EUR    123.45    113.45   110.00        3.45      0.00    0.00  NO",
        "",
        "mails         expected  delivered  missing  surplus  repeated, unexplained  repeated, explained by the ledger",
        "confirmation         9          8        1        0                      0                                  2",
        "",
        "o-5 (normal)",
        "  status: expected emailed, observed received",
        "",
        "2 unexplained",
      ].join("\n"),
    );
  });

  test("shows twenty differences at most, and how many more there are", () => {
    const [difference] = SCOREBOARD.differences;
    const many = Array.from(
      { length: 25 },
      (_, index) => ({ kind: "normal", problems: [], ...difference, orderId: `o-${index}` }) as const,
    );
    const text = describeScoreboard({ ...SCOREBOARD, differences: many });
    expect(text.match(/^o-\d+/gm)).toHaveLength(20);
    expect(text).toContain("and 5 more orders");
  });

  test("says that mails were not checked where there is no inbox to look into", () => {
    expect(describeScoreboard({ ...SCOREBOARD, mails: null })).toContain("Mails were not checked");
  });
});

describe("describeRun", () => {
  test("says what was sent and how fast", () => {
    const summary = { sent: 200, byKind: { normal: 200 }, failed: 0, failures: [], elapsedMs: 4_000 };
    expect(describeRun({ seed: 1, run: "r1", retries: 3, summary })).toBe(
      [
        "Seed 1, run r1: sent 200 orders in 4.0 s (50 per second).",
        "Kinds: 200 normal.",
        "3 requests were sent again, under the same ids.",
      ].join("\n"),
    );
  });
});

/** The demo as people run it, with every kind of disorder there is: each order ends as it must, and the stores agree. */
import { expect, test } from "vitest";
import { ORDER_KINDS } from "../../src/demo/mix.ts";
import { runOrderloom } from "../support/service-process.ts";

interface Answer {
  readonly kinds: readonly { readonly kind: string; readonly sent: number; readonly asExpected: number }[];
  readonly differences: readonly unknown[];
  readonly reconciliation: { readonly unexplained: number } | null;
  readonly notReconciled: string | null;
  readonly unexplained: number;
}

test("every kind of disorder leaves nothing unexplained, neither at the API nor in the stores", async () => {
  const limit = String(2 * ORDER_KINDS.length);
  const demo = await runOrderloom(["demo", "--mix", "everything", "--limit", limit, "--json", "--quiet"]);
  const answer = JSON.parse(demo.stdout) as Answer;
  expect(answer.differences).toEqual([]);
  expect(answer.kinds.map(({ kind, asExpected }) => [kind, asExpected])).toEqual(ORDER_KINDS.map((kind) => [kind, 2]));
  expect(answer).toMatchObject({ unexplained: 0, reconciliation: { unexplained: 0 }, notReconciled: null });
  expect(demo.code).toBe(0);
});

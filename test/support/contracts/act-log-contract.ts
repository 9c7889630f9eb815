/** What every `ActLog` keeps to, run on each adapter. It uses nothing but the port. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { ActLog, OperatorAct } from "../../../src/actors/operators.ts";

export interface ActLogFixture {
  /** Without any acts. */
  readonly actLog: ActLog;
  /** Closes the store as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<ActLog>;
  cleanup(): Promise<void>;
}

export function actLogContract(name: string, createFixture: () => Promise<ActLogFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    return fixture;
  };

  describe(`${name} as an act log`, () => {
    test("returns an act with everything in it, after a restart too", async () => {
      const { actLog, reopen } = await setUp();
      const details = { $gt: 1, "a.b": [9_007_199_254_740_991, null, { deep: true }], text: 'Ü "🚚" \u0000' };
      const stored = act(1, { target: "order $where 1.2", reason: "as the customer asked", details });
      await actLog.append(stored);
      expect(await actLog.list({ limit: 10 })).toEqual([stored]);
      expect(await (await reopen()).list({ limit: 10 })).toEqual([stored]);
    });

    test("lists the newest acts first, whatever their order of arrival", async () => {
      const { actLog } = await setUp();
      for (const number of [2, 3, 1]) await actLog.append(act(number));
      expect(numbersOf(await actLog.list({ limit: 10 }))).toEqual([3, 2, 1]);
      expect(numbersOf(await actLog.list({ limit: 2 }))).toEqual([3, 2]);
    });

    test("goes on before an act that was listed", async () => {
      const { actLog } = await setUp();
      for (const number of [1, 2, 3, 4]) await actLog.append(act(number));
      expect(numbersOf(await actLog.list({ limit: 2, beforeActId: idOf(3) }))).toEqual([2, 1]);
      expect(await actLog.list({ limit: 2, beforeActId: idOf(1) })).toEqual([]);
    });

    test("lists the acts about one target alone", async () => {
      const { actLog } = await setUp();
      await actLog.append(act(1, { target: "a" }));
      await actLog.append(act(2, { target: "b" }));
      await actLog.append(act(3, { target: "a" }));
      await actLog.append(act(4));
      expect(numbersOf(await actLog.list({ limit: 10, target: "a" }))).toEqual([3, 1]);
      expect(numbersOf(await actLog.list({ limit: 10, target: "a", beforeActId: idOf(3) }))).toEqual([1]);
      expect(await actLog.list({ limit: 10, target: "c" })).toEqual([]);
    });

    test("keeps an act as it is when it comes again", async () => {
      const { actLog } = await setUp();
      await actLog.append(act(1, { reason: "first" }));
      await actLog.append(act(1, { reason: "second" }));
      expect((await actLog.list({ limit: 10 })).map(({ reason }) => reason)).toEqual(["first"]);
    });

    test("keeps every act of many who act at once", async () => {
      const { actLog } = await setUp();
      await Promise.all(Array.from({ length: 50 }, (_, i) => actLog.append(act(i))));
      expect(await actLog.list({ limit: 100 })).toHaveLength(50);
    });
  });
}

function idOf(number: number): string {
  return `01970000-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

function act(number: number, parts: Partial<OperatorAct> = {}): OperatorAct {
  return {
    actId: idOf(number),
    at: "2026-01-05T12:00:00.000Z",
    operator: { keyId: "0123456789ab", name: "Ann", role: "support" },
    act: "deadLetter.redriven",
    target: null,
    reason: null,
    details: {},
    ...parts,
  };
}

function numbersOf(acts: readonly OperatorAct[]): number[] {
  return acts.map(({ actId }) => Number(actId.slice(-12)));
}

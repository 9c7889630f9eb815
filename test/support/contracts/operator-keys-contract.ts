/** What every `OperatorKeys` keeps to, run on each adapter. It uses nothing but the port. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { OperatorKeys, StoredOperatorKey } from "../../../src/actors/operators.ts";

export interface OperatorKeysFixture {
  /** Without any keys. */
  readonly keys: OperatorKeys;
  /** Closes the store as a stopped process would, and opens it again with what it has stored. */
  reopen(): Promise<OperatorKeys>;
  cleanup(): Promise<void>;
}

const LATER = "2026-01-06T12:00:00.000Z";

export function operatorKeysContract(name: string, createFixture: () => Promise<OperatorKeysFixture>): void {
  const setUp = async () => {
    const fixture = await createFixture();
    onTestFinished(() => fixture.cleanup());
    return fixture;
  };

  describe(`${name} as operator keys`, () => {
    test("returns a key as it was added, after a restart too", async () => {
      const { keys, reopen } = await setUp();
      const ann = key(1, { name: 'Ann "Ü" $gt', role: "operator" });
      await keys.add(ann);
      expect(await keys.get(ann.keyId)).toEqual(ann);
      expect(await (await reopen()).get(ann.keyId)).toEqual(ann);
    });

    test("knows no key that was not added", async () => {
      const { keys } = await setUp();
      await keys.add(key(1));
      expect(await keys.get(key(2).keyId)).toBeNull();
      await keys.revoke(key(2).keyId, LATER);
      expect(await keys.get(key(2).keyId)).toBeNull();
    });

    test("lists all keys, oldest first", async () => {
      const { keys } = await setUp();
      const added = [key(3), key(1), key(2)].map((made, day) => ({
        ...made,
        createdAt: `2026-01-0${day + 1}T00:00:00.000Z`,
      }));
      for (const made of added) await keys.add(made);
      expect(await keys.list()).toEqual(added);
    });

    test("keeps a key as it is when its id comes again", async () => {
      const { keys } = await setUp();
      await keys.add(key(1, { name: "first" }));
      await keys.add(key(1, { name: "second", secretHash: "f".repeat(64) }));
      expect(await keys.list()).toEqual([key(1, { name: "first" })]);
    });

    test("revokes one key for ever, from its first revocation on", async () => {
      const { keys, reopen } = await setUp();
      await keys.add(key(1));
      await keys.add(key(2));
      await keys.revoke(key(1).keyId, LATER);
      await keys.revoke(key(1).keyId, "2026-01-07T12:00:00.000Z");
      await keys.add(key(1));
      expect(await keys.get(key(1).keyId)).toEqual(key(1, { revokedAt: LATER }));
      expect(await keys.get(key(2).keyId)).toEqual(key(2));
      expect((await (await reopen()).list()).map(({ revokedAt }) => revokedAt)).toEqual([LATER, null]);
    });

    test("keeps the last good key of an operator, whoever revokes how many at once", async () => {
      const { keys } = await setUp();
      const numbers = [1, 2, 3, 4];
      for (const number of numbers) await keys.add(key(number, { role: "operator" }));
      await keys.add(key(5));
      const results = await Promise.all(numbers.map((number) => keys.revoke(key(number).keyId, LATER)));
      expect(results.toSorted()).toEqual(["lastOperator", "revoked", "revoked", "revoked"]);
      const good = (await keys.list()).filter(({ revokedAt }) => revokedAt === null);
      expect(good.map(({ role }) => role).toSorted()).toEqual(["operator", "support"]);
      expect(await keys.revoke(key(5).keyId, LATER)).toBe("revoked");
    });

    test("remembers that a session has ended for as long as it could have been used", async () => {
      const { keys, reopen } = await setUp();
      await keys.endSession({ sessionId: "a", expiresAtMs: 1_000, nowMs: 0 });
      await keys.endSession({ sessionId: "a", expiresAtMs: 1_000, nowMs: 0 });
      expect([await keys.isSessionEnded("a"), await keys.isSessionEnded("b")]).toEqual([true, false]);
      const reopened = await reopen();
      await reopened.endSession({ sessionId: "b", expiresAtMs: 2_000, nowMs: 1_000 });
      expect([await reopened.isSessionEnded("a"), await reopened.isSessionEnded("b")]).toEqual([true, true]);
      await reopened.endSession({ sessionId: "c", expiresAtMs: 3_000, nowMs: 1_001 });
      expect([await reopened.isSessionEnded("a"), await reopened.isSessionEnded("b")]).toEqual([false, true]);
    });
  });
}

function key(number: number, parts: Partial<StoredOperatorKey> = {}): StoredOperatorKey {
  return {
    keyId: String(number).padStart(12, "0"),
    name: `Operator ${number}`,
    role: "support",
    secretHash: String(number).repeat(64),
    createdAt: "2026-01-05T12:00:00.000Z",
    revokedAt: null,
    ...parts,
  };
}

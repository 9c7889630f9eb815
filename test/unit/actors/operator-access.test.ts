import { describe, expect, test } from "vitest";
import { createOperatorAccess } from "../../../src/actors/operator-access.ts";
import { mayActAs, ROLES } from "../../../src/actors/operators.ts";
import { operatorSecrets } from "../../../src/infra/operator-secrets.ts";
import { withFaults } from "../../support/memory/faults.ts";
import { createManualClock } from "../../support/memory/manual-clock.ts";
import { createMemoryActLog } from "../../support/memory/memory-act-log.ts";
import { createMemoryOperatorKeys } from "../../support/memory/memory-operator-keys.ts";
import { createSeededRandom } from "../../support/memory/seeded-random.ts";
import { TEST_OPERATOR } from "../../support/operators.ts";

function createWorld() {
  const keys = withFaults(createMemoryOperatorKeys());
  const actLog = withFaults(createMemoryActLog());
  const clock = createManualClock();
  const access = createOperatorAccess({
    keys: keys.port,
    actLog: actLog.port,
    secrets: operatorSecrets,
    clock,
    random: createSeededRandom(),
  });
  const acts = async () => (await actLog.port.list({ limit: 100 })).map(({ act, target }) => `${act} ${target}`);
  return { access, keys, actLog, clock, acts };
}

test("each role may do what those before it may", () => {
  const allowed = ROLES.map((role) => ROLES.filter((needed) => mayActAs(role, needed)));
  expect(allowed).toEqual([["viewer"], ["viewer", "support"], ["viewer", "support", "operator"]]);
});

describe("the first key", () => {
  test("is created once, for an operator", async () => {
    const { access } = createWorld();
    const first = await access.createFirstKey();
    expect(await access.identify(first?.key ?? "")).toMatchObject({ role: "operator" });
    expect(await access.createFirstKey()).toBeNull();
  });

  test("does not come again when all keys were revoked", async () => {
    const { access, keys } = createWorld();
    const at = "2026-01-05T12:00:00.000Z";
    const shown = { keyId: "000000000001", name: "Ann", role: "operator", createdAt: at, revokedAt: at } as const;
    await keys.port.add({ ...shown, secretHash: "0".repeat(64) });
    expect(await access.createFirstKey()).toBeNull();
  });
});

describe("what is kept of a key", () => {
  test("is a hash that fits its secret and no other", () => {
    const { secret, secretHash } = operatorSecrets.create();
    const other = operatorSecrets.create();
    expect(secretHash).not.toContain(secret);
    expect(operatorSecrets.matches(secret, secretHash)).toBe(true);
    expect(operatorSecrets.matches(other.secret, secretHash)).toBe(false);
    expect(operatorSecrets.matches(secret, "")).toBe(false);
  });

  test("is the SHA-256 of its secret, which tells nobody the secret and is good in every version", () => {
    const secretHash = "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a";
    expect(operatorSecrets.matches("A".repeat(43), secretHash)).toBe(true);
  });

  test("is nothing that the audit or a listing would give away", async () => {
    const { access, actLog } = createWorld();
    const { key } = await access.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" });
    const [, , secret = ""] = key.split("_", 3);
    const told = JSON.stringify([await access.listKeys(), await actLog.port.list({ limit: 10 })]);
    expect(told).not.toContain(secret);
    expect(told).not.toContain("secretHash");
  });
});

describe("without an audit", () => {
  test("no key is created", async () => {
    const { access, keys, actLog } = createWorld();
    actLog.fail("append", "before");
    await expect(access.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" })).rejects.toThrow();
    expect(keys.calls("add")).toBe(0);
  });

  test("no key is revoked", async () => {
    const { access, keys, actLog } = createWorld();
    const { keyId } = await access.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" });
    actLog.fail("append", "before");
    await expect(access.revokeKey(TEST_OPERATOR, keyId)).rejects.toThrow();
    expect(keys.calls("revoke")).toBe(0);
  });
});

test("a key whose revocation failed is revoked by trying again", async () => {
  const { access, keys, acts } = createWorld();
  const { keyId, key } = await access.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" });
  keys.fail("revoke", "before");
  await expect(access.revokeKey(TEST_OPERATOR, keyId)).rejects.toThrow();
  expect(await access.revokeKey(TEST_OPERATOR, keyId)).toBe("revoked");
  expect(await access.identify(key)).toBeNull();
  expect(await acts()).toEqual([
    `key.revoked ${keyId}`,
    `key.revocationFailed ${keyId}`,
    `key.revoked ${keyId}`,
    `key.created ${keyId}`,
  ]);
});

test("the audit tells of a key that could not be stored, and of a session that could not be ended", async () => {
  const { access, keys, acts } = createWorld();
  keys.fail("add", "before");
  await expect(access.createKey(TEST_OPERATOR, { name: "Ann", role: "viewer" })).rejects.toThrow();
  const [failed, created] = await acts();
  expect([created?.split(" ")[0], failed]).toEqual(["key.created", created?.replace("created", "creationFailed")]);
  const session = await access.startSession(TEST_OPERATOR);
  keys.fail("endSession", "before");
  await expect(access.endSession(TEST_OPERATOR, session)).rejects.toThrow();
  const { keyId } = TEST_OPERATOR;
  expect((await acts()).slice(0, 2)).toEqual([`session.endFailed ${keyId}`, `session.ended ${keyId}`]);
});

test("two operators who revoke each other at once leave one who may manage keys", async () => {
  const { access, keys, acts } = createWorld();
  const [ann, bob] = [
    await access.createKey(TEST_OPERATOR, { name: "Ann", role: "operator" }),
    await access.createKey(TEST_OPERATOR, { name: "Bob", role: "operator" }),
  ];
  const results = await Promise.all([access.revokeKey(ann, bob.keyId), access.revokeKey(bob, ann.keyId)]);
  expect(results).toEqual(["revoked", "lastOperator"]);
  expect((await keys.port.list()).filter(({ revokedAt }) => revokedAt === null)).toMatchObject([{ name: "Ann" }]);
  expect(await acts()).toContain(`key.revocationRefused ${ann.keyId}`);
});

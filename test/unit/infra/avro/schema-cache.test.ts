import { describe, expect, test } from "vitest";
import { OperationalError } from "../../../../src/actors/errors.ts";
import type { RegisteredSchema, RegistryClient } from "../../../../src/infra/avro/registry-client.ts";
import { createSchemaCache } from "../../../../src/infra/avro/schema-cache.ts";
import { PAYMENT_SCHEMA } from "../../../support/avro-messages.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

const AVRO: RegisteredSchema = { type: "avro", text: JSON.stringify(PAYMENT_SCHEMA) };

function setUp() {
  const asked: number[] = [];
  const waiting: (() => void)[] = [];
  const world = { isDown: false, isHeld: false, open: 0, mostOpen: 0 };
  const schemaOf = async (id: number): Promise<RegisteredSchema> => {
    asked.push(id);
    world.mostOpen = Math.max(world.mostOpen, ++world.open);
    if (world.isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
    else await settled();
    world.open -= 1;
    if (world.isDown) throw new OperationalError("registry_unavailable", "down", { retryable: true });
    if (id === 404) return { type: "unknown" };
    return id === 50 ? { type: "other", reason: "it is no Avro schema" } : AVRO;
  };
  const clock = createManualClock();
  const cache = createSchemaCache({ client: { schemaOf } as RegistryClient, clock });
  const typesOf = async (...ids: number[]) =>
    [...(await cache.readersOf(new Set(ids)))].map(([id, { type }]) => [id, type]);
  return { asked, waiting, world, clock, typesOf };
}

describe("the cache of schemas", () => {
  test("fetches each schema once, whatever it is", async () => {
    const { asked, typesOf } = setUp();
    for (let i = 0; i < 3; i++) {
      expect(await typesOf(1, 50)).toEqual([
        [1, "reader"],
        [50, "unusable"],
      ]);
    }
    expect(asked).toEqual([1, 50]);
  });

  test("fetches a schema once for all who wait for it", async () => {
    const { asked, waiting, world, typesOf } = setUp();
    world.isHeld = true;
    const answers = Array.from({ length: 20 }, () => typesOf(1));
    await settled();
    for (const go of waiting) go();
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 20 }, () => [[1, "reader"]]));
    expect(asked).toEqual([1]);
  });

  test("asks again for an id that the registry did not know, after a while and not before", async () => {
    const { asked, clock, typesOf } = setUp();
    await typesOf(404);
    await clock.advance(29_000);
    expect(await typesOf(404)).toEqual([[404, "unusable"]]);
    expect(asked).toEqual([404]);
    await clock.advance(2_000);
    await typesOf(404);
    expect(asked).toEqual([404, 404]);
  });

  test("works with what it knows while the registry is away, and with the rest when it is back", async () => {
    const { world, typesOf } = setUp();
    await typesOf(1);
    world.isDown = true;
    expect(await typesOf(1)).toEqual([[1, "reader"]]);
    await expect(typesOf(1, 2)).rejects.toMatchObject({ code: "registry_unavailable" });
    world.isDown = false;
    expect(await typesOf(2)).toEqual([[2, "reader"]]);
  });

  test("asks for a few ids at a time, and keeps no more than its limit", async () => {
    const { asked, world, typesOf } = setUp();
    const many = Array.from({ length: 1_100 }, (_, i) => i + 1_000);
    expect(await typesOf(...many)).toHaveLength(1_100);
    expect(world.mostOpen).toBe(8);
    await typesOf(...many.slice(-900));
    expect(asked).toHaveLength(1_100);
    await typesOf(1_000);
    expect(asked).toHaveLength(1_101);
  });

  test("stops asking for the others when one cannot be had", async () => {
    const { asked, world, typesOf } = setUp();
    world.isDown = true;
    await expect(typesOf(...Array.from({ length: 500 }, (_, i) => i + 1))).rejects.toMatchObject({ retryable: true });
    await settled();
    await settled();
    expect(asked.length).toBeLessThanOrEqual(16);
  });
});

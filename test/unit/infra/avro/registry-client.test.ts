import { describe, expect, test } from "vitest";
import { createRegistryClient } from "../../../../src/infra/avro/registry-client.ts";
import { systemClock } from "../../../../src/infra/system-clock.ts";
import { PAYMENT_SCHEMA } from "../../../support/avro-messages.ts";
import { impatientClock, startFakeRegistry } from "../../../support/fake-registry.ts";
import { createManualClock, settled } from "../../../support/memory/manual-clock.ts";

const FIRST_OF_JITTER = { fraction: () => 0 };

async function setUp(urlOf: (url: string) => string = (url) => url, clock = impatientClock()) {
  const registry = await startFakeRegistry();
  const operations: string[] = [];
  const metrics = { roundTrip: (engine: string, operation: string) => void operations.push(`${engine} ${operation}`) };
  const client = createRegistryClient({ url: urlOf(registry.url), clock, random: FIRST_OF_JITTER, metrics });
  return { registry, client, operations };
}

describe("the client of a schema registry", () => {
  test("gets a schema by its id, and counts the round trip", async () => {
    const { registry, client, operations } = await setUp();
    const id = registry.add(PAYMENT_SCHEMA);
    expect(await client.schemaOf(id)).toEqual({ type: "avro", text: JSON.stringify(PAYMENT_SCHEMA) });
    expect(operations).toEqual(["registry getSchema"]);
  });

  test("knows an id that the registry does not know from a registry that is none", async () => {
    const { registry, client } = await setUp();
    expect(await client.schemaOf(1)).toEqual({ type: "unknown" });
    registry.behave({ status: 404, body: '{"error_code":404,"message":"no such page"}' });
    await expect(client.schemaOf(1)).rejects.toMatchObject({
      code: "registry_unavailable",
      retryable: true,
      message: expect.stringContaining("404: no such page"),
    });
    registry.behave({ status: 404, body: "<html>" });
    await expect(client.schemaOf(1)).rejects.toMatchObject({ code: "registry_unavailable" });
    registry.behave({ status: 200, body: "<html>" });
    await expect(client.schemaOf(1)).rejects.toMatchObject({ code: "registry_unavailable" });
  });

  test("leaves schemas alone that are not Avro, or that consist of others", async () => {
    const { registry, client } = await setUp();
    const protobuf = registry.add("syntax", { schemaType: "PROTOBUF" });
    const references = [{ name: "a.B", subject: "b", version: 1 }];
    const parts = registry.add({ type: "record", name: "R", fields: [{ name: "b", type: "a.B" }] }, { references });
    expect(await client.schemaOf(protobuf)).toEqual({ type: "other", reason: "it is no Avro schema" });
    expect(await client.schemaOf(parts)).toMatchObject({ type: "other", reason: expect.stringContaining("refers to") });
  });

  test.each([500, 503, 429, 408])("asks again when it is answered %i", async (status) => {
    const { registry, client } = await setUp();
    const id = registry.add(PAYMENT_SCHEMA);
    registry.behave({ status });
    await expect(client.schemaOf(id)).rejects.toMatchObject({ code: "registry_unavailable", retryable: true });
    expect(registry.requests).toHaveLength(2);
    registry.behave("well");
    expect(await client.schemaOf(id)).toMatchObject({ type: "avro" });
  });

  test.each([401, 403])("does not ask again when it is answered %i, and says where to look", async (status) => {
    const { registry, client } = await setUp();
    registry.behave({ status });
    await expect(client.schemaOf(1)).rejects.toMatchObject({
      code: "registry_unavailable",
      message: expect.stringMatching(new RegExp(`${status}.*SCHEMA_REGISTRY_URL`)),
    });
    expect(registry.requests).toHaveLength(1);
  });

  test("gives up a registry that takes requests and never answers", async () => {
    const { registry, client } = await setUp((url) => url, impatientClock(200));
    registry.behave("silently");
    await expect(client.schemaOf(1)).rejects.toMatchObject({
      code: "registry_unavailable",
      message: expect.stringContaining("does not answer in time"),
    });
    expect(registry.requests).toHaveLength(2);
  });

  test("waits as long as it may, and no longer", async () => {
    const registry = await startFakeRegistry();
    registry.behave("silently");
    const clock = createManualClock();
    const client = createRegistryClient({
      url: registry.url,
      clock,
      random: FIRST_OF_JITTER,
      metrics: { roundTrip() {} },
    });
    const gaveUp = client.schemaOf(1).then(
      () => false,
      () => true,
    );
    let given = false;
    void gaveUp.then((value) => {
      given = value;
    });
    let elapsedMs = 0;
    for (; !given && elapsedMs < 60_000; elapsedMs += 50) {
      await clock.advance(50);
      await settled();
    }
    expect(elapsedMs).toBeGreaterThan(4_000);
    expect(elapsedMs).toBeLessThan(5_000);
  });

  test("gives up where nobody listens", async () => {
    const { client } = await setUp(() => "http://127.0.0.1:9");
    await expect(client.schemaOf(1)).rejects.toMatchObject({
      code: "registry_unavailable",
      message: expect.stringMatching(/http:\/\/127\.0\.0\.1:9 cannot be used: /),
    });
  });

  test("does not read answers without end", async () => {
    const { registry, client } = await setUp();
    registry.behave({ status: 200, body: `"${"x".repeat(2_000_000)}"` });
    await expect(client.schemaOf(1)).rejects.toMatchObject({ message: expect.stringContaining("longer than") });
  });

  test("logs in with the user and password of its address, and never names them", async () => {
    const { registry, client } = await setUp((url) => url.replace("//", "//or%40der:s%3Acret@"));
    await client.schemaOf(1);
    expect(registry.authorizations).toEqual([`Basic ${Buffer.from("or@der:s:cret").toString("base64")}`]);
    registry.behave({ status: 500 });
    await expect(client.schemaOf(1)).rejects.toSatisfy(
      (error: Error) => !/cret|or.*der:/.test(`${error.message} ${String(error.cause)}`),
    );
  });

  test("keeps the path of its address, as registries with several APIs have one", async () => {
    const { registry, client } = await setUp((url) => `${url}/apis/ccompat/v7/`);
    await client.schemaOf(1).catch(() => {});
    expect(registry.requests[0]).toBe("GET /apis/ccompat/v7/schemas/ids/1");
  });

  test.each(["127.0.0.1:8081", "ftp://a", "http://%ff:x@a"])("refuses the address %s", (url) => {
    const deps = { clock: systemClock, random: FIRST_OF_JITTER, metrics: { roundTrip() {} } };
    expect(() => createRegistryClient({ url, ...deps })).toThrow(
      expect.objectContaining({
        code: "invalid_configuration",
        message: expect.stringContaining("SCHEMA_REGISTRY_URL"),
      }),
    );
  });

  test("registers a schema under its subject, once however often it is asked", async () => {
    const { registry, client } = await setUp();
    await client.requireFullCompatibility("a-b.C");
    const id = await client.register("a-b.C", JSON.stringify(PAYMENT_SCHEMA));
    expect(await client.register("a-b.C", JSON.stringify(PAYMENT_SCHEMA))).toBe(id);
    expect(registry.compatibility).toEqual(new Map([["a-b.C", "FULL_TRANSITIVE"]]));
    expect(registry.subjects).toEqual(new Map([["a-b.C", id]]));
  });

  test("asks again after a conflict, which others who register the same thing may cause", async () => {
    const { registry, client } = await setUp();
    registry.contested.add("a-b.C");
    expect(await client.register("a-b.C", JSON.stringify(PAYMENT_SCHEMA))).toBe(1);
    expect(registry.requests).toHaveLength(2);
  });

  test.each([409, 422])("tells when the registry refuses a schema with %i", async (status) => {
    const { registry, client } = await setUp();
    registry.behave({ status, body: '{"error_code":409,"message":"the field b is missing"}' });
    await expect(client.register("orders-x.Y", "{}")).rejects.toMatchObject({
      code: "schema_incompatible",
      retryable: false,
      message: expect.stringMatching(/orders-x\.Y.*the field b is missing/),
    });
  });
});

/** The OpenAPI document is valid, complete, and true of what the service answers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { ERROR_CODES } from "../../../src/domain/error-codes.ts";
import { EMPTY_INBOX, startHttp } from "../../support/http-harness.ts";

const ROUTES = ["routes", "admin"].map((folder) => join(import.meta.dirname, "../../../src/http", folder));

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, unknown>> }>
  >;
}

async function readDocument() {
  const { app } = await startHttp({ inbox: EMPTY_INBOX });
  const answer = await app.inject("/openapi.json");
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  const document = answer.json();
  const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  return { document, operations };
}

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { document } = await readDocument();
    const validator = new Validator();
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    expect(document.openapi).toBe("3.1.0");
  });

  test("has every route of the contract", async () => {
    const { operations } = await readDocument();
    expect(operations.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "GET /catalogue",
        "POST /orders",
        "GET /orders",
        "GET /orders/{orderId}",
        "POST /orders/{orderId}/payments",
        "POST /orders/{orderId}/refunds",
        "POST /orders/{orderId}/cancel",
        "GET /orders/{orderId}/events",
        "GET /orders/{orderId}/mails",
        "GET /orders/{orderId}/stream",
        "GET /livez",
        "GET /readyz",
        "GET /metrics",
        "GET /openapi.json",
      ]),
    );
  });

  test("has every route that the source declares, but the page's own", async () => {
    const { operations } = await readDocument();
    const declared = ROUTES.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
      .filter((file) => !file.endsWith("web-page.ts"))
      .map((file) => readFileSync(file, "utf8"))
      .flatMap((source) => [...source.matchAll(/app\.(get|post|delete)\(\s*"([^"]+)"/g)])
      .map(([, method, path]) => `${method?.toUpperCase()} ${path?.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(declared.length).toBeGreaterThan(12);
    expect(operations.map(({ name }) => name).toSorted()).toEqual(declared.toSorted());
  });

  test("describes each operation under an id of its own", async () => {
    const { operations } = await readDocument();
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, operation } of operations) {
      expect(operation, name).toMatchObject({ operationId: expect.any(String), summary: expect.any(String) });
      expect(operation.tags, name).toHaveLength(1);
    }
  });

  test("lists the errors of each operation, all of them codes that exist", async () => {
    const { operations } = await readDocument();
    for (const { name, operation } of operations) {
      if (["GET /livez", "GET /metrics", "GET /openapi.json"].includes(name)) continue;
      const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      expect(
        errors.map(([status]) => status),
        name,
      ).toEqual(expect.arrayContaining(["500", "503"]));
      for (const [, response] of errors) {
        expect(Object.keys(response.content ?? {}), name).toEqual(["application/problem+json"]);
        for (const [, code] of response.description.matchAll(/`(\w+)`:/g))
          expect(ERROR_CODES).toHaveProperty(String(code));
      }
    }
  });

  test("says of everything below /admin, but of signing in, how operators show who they are", async () => {
    const { document, operations } = await readDocument();
    expect(Object.keys(document.components.securitySchemes)).toEqual(["operatorKey", "operatorSession"]);
    const asking = operations.filter(({ operation }) => operation.security !== undefined).map(({ name }) => name);
    const below = operations.map(({ name }) => name).filter((name) => name.includes(" /admin/"));
    expect(below.length).toBeGreaterThan(5);
    expect(asking.toSorted()).toEqual(below.filter((name) => name !== "POST /admin/session").toSorted());
    for (const { name, operation } of operations) {
      if (asking.includes(name))
        expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(["401", "403"]));
    }
  });

  test("says that a refund's id may have come before with another amount", async () => {
    const { document } = await readDocument();
    const { responses } = document.paths["/orders/{orderId}/refunds"].post;
    expect(responses["422"].description).toContain("`refund_id_reused`");
    expect(responses["409"].description).toContain("`refund_exceeds_received`");
  });

  test("knows money that waits for its order", async () => {
    const { document } = await readDocument();
    const { enum: words, description } = document.components.schemas.Order.properties.money;
    expect(words).toEqual(["parked", "settled", "refundDue", "partlyRefunded", "refunded"]);
    expect(description).toContain("`parked`: money came before the order");
  });

  test("has examples that its own schemas accept", async () => {
    const { document } = await readDocument();
    const { schema } = document.paths["/orders"].post.requestBody.content["application/json"];
    const { app } = await startHttp();
    const example = exampleOf(schema);
    expect((await app.inject({ method: "POST", url: "/orders", payload: example as object })).statusCode).toBe(202);
  });
});

interface Schema {
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Puts a value together from the examples of a schema's leaves. */
function exampleOf({ examples, properties, items }: Schema): unknown {
  if (examples !== undefined) return examples[0];
  if (items !== undefined) return [exampleOf(items)];
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, schema]) => [name, exampleOf(schema)]));
}

describe("the documentation page", () => {
  test("runs under a policy without inline scripts", async () => {
    const { app } = await startHttp();
    for (const url of ["/docs", "/docs/static/swagger-ui-bundle.js", "/docs/static/swagger-initializer.js"]) {
      const answer = await app.inject(url);
      expect(answer.statusCode, url).toBe(200);
      expect(answer.headers["content-security-policy"], url).toContain("script-src 'self';");
    }
    expect((await app.inject("/docs")).body).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  });
});
